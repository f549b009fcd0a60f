import t from 'tap';
import { parseCronSchedule } from '../../../src/api/index.ts';
import { nextTime } from '../../../src/controllers/cron-job/next-time.ts';

const cases = [
  {
    schedule: '* * * * *',
    zone: 'UTC',
    after: '2026-01-01T00:00:00Z',
    next: '2026-01-01T00:01:00Z',
  },
  {
    schedule: '* * * * *',
    zone: 'UTC',
    after: '2026-01-01T00:00:59.999Z',
    next: '2026-01-01T00:01:00Z',
  },
  {
    schedule: '*/15 * * * *',
    zone: 'UTC',
    after: '2026-01-01T00:07:00Z',
    next: '2026-01-01T00:15:00Z',
  },
  {
    schedule: '0 12 * * *',
    zone: 'UTC',
    after: '2026-01-01T12:00:00Z',
    next: '2026-01-02T12:00:00Z',
  },
  {
    schedule: '0 0 29 2 *',
    zone: 'UTC',
    after: '2026-01-01T00:00:00Z',
    next: '2028-02-29T00:00:00Z',
  },
  { schedule: '0 0 31 2 *', zone: 'UTC', after: '2026-01-01T00:00:00Z', next: undefined },
  {
    schedule: '0 0 13 * 5',
    zone: 'UTC',
    after: '2026-01-01T00:00:00Z',
    next: '2026-01-02T00:00:00Z',
  },
  {
    schedule: '0 0 * * 5',
    zone: 'UTC',
    after: '2026-01-02T00:00:00Z',
    next: '2026-01-09T00:00:00Z',
  },
  {
    schedule: '30 6-16/4 * * 1-5',
    zone: 'UTC',
    after: '2026-01-02T14:30:00Z',
    next: '2026-01-05T06:30:00Z',
  },
  {
    schedule: '@monthly',
    zone: 'UTC',
    after: '2026-12-15T00:00:00Z',
    next: '2027-01-01T00:00:00Z',
  },
  {
    schedule: '@every 90s',
    zone: 'UTC',
    after: '2026-01-01T00:00:00.500Z',
    next: '2026-01-01T00:01:30Z',
  },
  {
    schedule: '0 9 * * *',
    zone: 'Asia/Kolkata',
    after: '2026-01-01T00:00:00Z',
    next: '2026-01-01T03:30:00Z',
  },
  {
    schedule: '0 0 * * *',
    zone: 'America/New_York',
    after: '2026-03-08T05:00:00Z',
    next: '2026-03-09T04:00:00Z',
  },
  // 02:30 does not exist on the night to the 29th of March.
  {
    schedule: '30 2 * * *',
    zone: 'Europe/Berlin',
    after: '2026-03-28T12:00:00Z',
    next: '2026-03-30T00:30:00Z',
  },
  // 02:30 comes twice on the night to the 25th of October.
  {
    schedule: '30 2 * * *',
    zone: 'Europe/Berlin',
    after: '2026-10-24T12:00:00Z',
    next: '2026-10-25T00:30:00Z',
  },
  {
    schedule: '30 2 * * *',
    zone: 'Europe/Berlin',
    after: '2026-10-25T00:30:00Z',
    next: '2026-10-25T01:30:00Z',
  },
  // Midnight does not exist on the 6th of September.
  {
    schedule: '30 3 * * *',
    zone: 'America/Santiago',
    after: '2026-09-05T12:00:00Z',
    next: '2026-09-06T06:30:00Z',
  },
] as const;
for (const { schedule, zone, after, next } of cases) {
  t.test(`nextTime() of ${schedule} in ${zone} after ${after}`, async (t) => {
    const time = nextTime(parseCronSchedule(schedule), Date.parse(after), zone);
    t.equal(
      time === undefined ? undefined : new Date(time).toISOString().replace('.000Z', 'Z'),
      next,
    );
  });
}
