import { assert, property, string } from 'fast-check';
import t from 'tap';
import { parseCronSchedule } from '../../src/api/cron-schedule.ts';

const FIELDS = [
  {
    text: '*/15 0-2 1,15 jan,FEB mon-fri',
    sets: [
      [0, 15, 30, 45],
      [0, 1, 2],
      [1, 15],
      [1, 2],
      [1, 2, 3, 4, 5],
    ],
    isEitherDay: true,
  },
  { text: '50/5 0 * * 0', sets: [[50, 55], [0], undefined, undefined, [0]], isEitherDay: false },
  { text: '@daily', sets: [[0], [0], undefined, undefined, undefined], isEitherDay: false },
  { text: ' 0  0 ? 1 1 ', sets: [[0], [0], undefined, [1], [1]], isEitherDay: false },
] as const;
for (const { text, sets, isEitherDay } of FIELDS) {
  t.test(`parseCronSchedule() of ${text}`, async (t) => {
    const parsed = parseCronSchedule(text);
    t.equal(parsed.kind, 'fields');
    if (parsed.kind !== 'fields') return;
    const { minutes, hours, daysOfMonth, months, daysOfWeek } = parsed.schedule;
    [minutes, hours, daysOfMonth, months, daysOfWeek].forEach((set, index) => {
      const want = sets[index];
      if (want)
        t.same(
          [...set].toSorted((a, b) => a - b),
          want,
        );
    });
    t.equal(parsed.schedule.isEitherDay, isEitherDay);
  });
}

const ERRORS = [
  { text: '', message: 'empty spec string' },
  { text: 'xx', message: 'expected exactly 5 fields, found 1: [xx]' },
  { text: 'constructor', message: 'expected exactly 5 fields, found 1: [constructor]' },
  { text: '@often', message: 'unrecognized descriptor: @often' },
  { text: '60 * * * *', message: 'end of range (60) above maximum (59): 60' },
  { text: '* * 0 * *', message: 'beginning of range (0) below minimum (1): 0' },
  { text: '5-1 * * * *', message: 'beginning of range (5) beyond end of range (1): 5-1' },
  { text: '*/0 * * * *', message: 'step of range should be a positive number: */0' },
  { text: '1/2/3 * * * *', message: 'too many slashes: 1/2/3' },
  { text: '1-2-3 * * * *', message: 'too many hyphens: 1-2-3' },
  {
    text: 'x * * * *',
    message: 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax',
  },
  { text: '@every soon', message: 'failed to parse duration @every soon' },
] as const;
for (const { text, message } of ERRORS) {
  t.test(`parseCronSchedule() refuses ${JSON.stringify(text)}`, async (t) => {
    t.same(parseCronSchedule(text), { kind: 'error', message });
  });
}

t.test('parseCronSchedule() of an interval', async (t) => {
  t.same(parseCronSchedule('@every 1h30m'), { kind: 'every', intervalMs: 5_400_000 });
  t.same(parseCronSchedule('@every 10ms'), { kind: 'every', intervalMs: 1000 });
});

t.test('parseCronSchedule() answers whatever it is given', async () => {
  assert(
    property(string(), (text) =>
      ['fields', 'every', 'error'].includes(parseCronSchedule(text).kind),
    ),
  );
});
