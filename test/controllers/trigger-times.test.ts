import t from 'tap';
import type { Pod, Service } from '../../src/api/index.ts';
import { TriggerTimes } from '../../src/controllers/trigger-times.ts';

const at = (second: number): string => `2026-01-01T00:00:0${second}Z`;

function service(second: number): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', creationTimestamp: at(second) },
  };
}

function pod(name: string, second: number): Pod {
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: at(second) }] as const;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, status: { conditions } };
}

const cases = [
  { name: 'a Service that is new', before: undefined, now: [pod('a', 3)], time: at(1) },
  { name: 'nothing', before: [pod('a', 3)], now: [pod('a', 3)], time: undefined },
  { name: 'a Pod', before: [pod('a', 3)], now: [pod('a', 4)], time: at(4) },
  {
    name: 'two Pods, the earlier of them',
    before: [pod('a', 3)],
    now: [pod('a', 6), pod('b', 5)],
    time: at(5),
  },
  { name: 'a Pod that has gone', before: [pod('a', 3)], now: [], time: undefined },
  {
    name: 'a Pod that has gone back in time',
    before: [pod('a', 3)],
    now: [pod('a', 2)],
    time: undefined,
  },
] as const;
for (const { name, before, now, time } of cases) {
  t.test(`next() after a change of ${name}`, async (t) => {
    const times = new TriggerTimes();
    if (before !== undefined) times.next('default/web', service(1), before);
    t.equal(times.next('default/web', service(1), now), time);
  });
}

t.test('next() of a Service that was made anew', async (t) => {
  const times = new TriggerTimes();
  times.next('default/web', service(1), [pod('a', 3)]);
  t.equal(times.next('default/web', service(7), [pod('a', 3)]), at(7));
  times.forget('default/web');
  t.equal(times.next('default/web', service(8), [pod('a', 9)]), at(8));
});
