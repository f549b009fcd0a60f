import t from 'tap';
import { createFakeClock } from '../../src/observe/index.ts';

t.test(
  'createFakeClock() calls due timers in order of their time, each at its own time',
  async (t) => {
    const clock = createFakeClock(1_000);
    const calls: [string, number][] = [];
    const timer = (name: string, delayMs: number): Disposable =>
      clock.setTimer(delayMs, () => calls.push([name, clock.now()]));
    timer('late', 50);
    timer('early', 10);
    timer('beyond', 200);
    clock.advance(100);
    t.same(calls, [
      ['early', 1_010],
      ['late', 1_050],
    ]);
    t.equal(clock.now(), 1_100);
    t.equal(clock.pendingTimers, 1);
  },
);

t.test('createFakeClock() calls no disposed timer', async (t) => {
  const clock = createFakeClock();
  let calls = 0;
  const timer = clock.setTimer(10, () => (calls += 1));
  timer[Symbol.dispose]();
  clock.advance(20);
  t.equal(calls, 0);
});

t.test('createFakeClock() calls a timer set by a timer in the same advance', async (t) => {
  const clock = createFakeClock(0);
  const times: number[] = [];
  clock.setTimer(10, () => {
    times.push(clock.now());
    clock.setTimer(10, () => times.push(clock.now()));
  });
  clock.advance(30);
  t.same(times, [10, 20]);
});
