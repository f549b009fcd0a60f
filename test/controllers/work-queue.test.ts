import t from 'tap';
import { WorkQueue } from '../../src/controllers/work-queue.ts';
import { createFakeClock, type FakeClock } from '../../src/observe/index.ts';

function queueWithClock(): { queue: WorkQueue; clock: FakeClock } {
  const clock = createFakeClock(0);
  return { clock, queue: new WorkQueue(clock, () => undefined) };
}

t.test('WorkQueue holds each key once, in order of arrival', async (t) => {
  const { queue } = queueWithClock();
  for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
  t.same(queue.take(2), ['b', 'a']);
  queue.add('b');
  t.same(queue.take(10), ['c', 'b']);
  t.equal(queue.readyCount, 0);
});

t.test(
  'WorkQueue gives out the newest first where it is told to, and one that waits',
  async (t) => {
    const queue = new WorkQueue(createFakeClock(0), () => undefined, true);
    for (const key of ['a', 'b', 'c', 'd', 'e', 'b']) queue.add(key);
    t.same(queue.take(3), ['b', 'e', 'a']);
    t.same(queue.take(1), ['c']);
    t.same(queue.take(0), []);
    t.same(queue.take(9), ['d']);
    t.same(queue.take(9), []);
  },
);

t.test('WorkQueue delays a key until the earliest of its times', async (t) => {
  const { queue, clock } = queueWithClock();
  queue.addAfter('a', 100);
  queue.addAfter('a', 50);
  queue.addAfter('a', 80);
  clock.advance(49);
  t.same(queue.take(10), []);
  clock.advance(1);
  t.same(queue.take(10), ['a']);
  clock.advance(100);
  t.same(queue.take(10), [], 'the other delays are gone');
});

t.test('WorkQueue brings failed keys back after growing delays', async (t) => {
  const { queue, clock } = queueWithClock();
  const delays: number[] = [];
  for (let failure = 0; failure < 4; failure += 1) {
    const before = clock.now();
    queue.failed('a', false);
    while (queue.readyCount === 0) clock.advance(1);
    delays.push(clock.now() - before);
    queue.take(1);
  }
  t.same(delays, [5, 10, 20, 40]);
  queue.succeeded('a');
  queue.failed('a', false);
  clock.advance(5);
  t.same(queue.take(1), ['a'], 'a success starts anew');
});

t.test('WorkQueue brings an urgent failure back at once, a repeated one later', async (t) => {
  const { queue, clock } = queueWithClock();
  queue.failed('a', true);
  t.same(queue.take(1), ['a']);
  queue.failed('a', true);
  t.same(queue.take(1), []);
  clock.advance(10);
  t.same(queue.take(1), ['a']);
});

t.test('WorkQueue waits for nothing once disposed', async (t) => {
  const { queue, clock } = queueWithClock();
  queue.addAfter('a', 10);
  queue[Symbol.dispose]();
  t.equal(clock.pendingTimers, 0);
});
