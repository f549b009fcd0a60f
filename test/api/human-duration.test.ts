import t from 'tap';
import { ageOf, humanDuration } from '../../src/api/human-duration.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

const CASES = [
  { durationMs: -2 * SECOND, text: '<invalid>' },
  { durationMs: -SECOND, text: '0s' },
  { durationMs: 0, text: '0s' },
  { durationMs: 119 * SECOND, text: '119s' },
  { durationMs: 2 * MINUTE, text: '2m' },
  { durationMs: 9 * MINUTE + 59 * SECOND, text: '9m59s' },
  { durationMs: 10 * MINUTE + 59 * SECOND, text: '10m' },
  { durationMs: 179 * MINUTE, text: '179m' },
  { durationMs: 3 * HOUR, text: '3h' },
  { durationMs: 7 * HOUR + 59 * MINUTE, text: '7h59m' },
  { durationMs: 8 * HOUR + 59 * MINUTE, text: '8h' },
  { durationMs: 47 * HOUR, text: '47h' },
  { durationMs: 2 * DAY, text: '2d' },
  { durationMs: 7 * DAY + 23 * HOUR, text: '7d23h' },
  { durationMs: 8 * DAY + 23 * HOUR, text: '8d' },
  { durationMs: 324 * DAY, text: '324d' },
  { durationMs: 2 * YEAR, text: '2y' },
  { durationMs: 7 * YEAR + 3 * DAY, text: '7y3d' },
  { durationMs: 8 * YEAR + 3 * DAY, text: '8y' },
] as const;
for (const { durationMs, text } of CASES) {
  t.test(`humanDuration() of ${durationMs} ms is ${text}`, async (t) => {
    t.equal(humanDuration(durationMs), text);
  });
}

t.test('ageOf() knows no age without a time', async (t) => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  t.same(
    ['2026-01-02T03:04:00Z', undefined, null, '', 'x'].map((time) => ageOf(time, now)),
    ['5s', '<unknown>', '<unknown>', '<unknown>', '<unknown>'],
  );
});
