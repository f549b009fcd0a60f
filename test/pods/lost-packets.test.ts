/** Programs in Pods whose packets are dropped: they hear nothing, as long as they or the kernel wait. */
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { ConnectError } from '../../src/net/index.ts';
import { createFakeClock } from '../../src/observe/index.ts';
import { silence } from '../../src/pods/index.ts';
import { createPodCluster } from './pod-cluster.ts';

const dropped = (): never => {
  throw new ConnectError('ERR_DROPPED', 'a policy denies it');
};
const KERNEL_SECONDS = 127;
const POD = { namespace: 'default', name: 'web' };

/** `afterSeconds` is when the program ends, not before. */
const cases = [
  {
    command: 'curl -s http://10.9.9.9/',
    afterSeconds: KERNEL_SECONDS,
    exitCode: 28,
    printed: '',
  },
  {
    command: 'curl -sS http://10.9.9.9/',
    afterSeconds: KERNEL_SECONDS,
    exitCode: 28,
    printed:
      'curl: (28) Failed to connect to 10.9.9.9 port 80 after 127000 ms: Connection timed out\n',
  },
  {
    command: 'curl -sS -m 3 http://10.9.9.9/',
    afterSeconds: 3,
    exitCode: 28,
    printed: 'curl: (28) Operation timed out after 3000 milliseconds with 0 bytes received\n',
  },
  {
    command: 'wget -qO- http://10.9.9.9/',
    afterSeconds: KERNEL_SECONDS,
    exitCode: 1,
    printed: "wget: can't connect to remote host (10.9.9.9): Connection timed out\n",
  },
  {
    command: 'wget -T 2 http://10.9.9.9/',
    afterSeconds: 2,
    exitCode: 1,
    printed: 'wget: download timed out\n',
  },
  { command: 'nc -z -w 4 10.9.9.9 80', afterSeconds: 4, exitCode: 1, printed: '' },
  { command: 'timeout 5 curl -s http://10.9.9.9/', afterSeconds: 5, exitCode: 124, printed: '' },
] as const;
for (const { command, afterSeconds, exitCode, printed } of cases) {
  t.test(`${command} of what is dropped ends after ${afterSeconds} seconds`, async (t) => {
    await using cluster = createPodCluster({ connect: async () => dropped(), associate: dropped });
    const sleep = ['sleep', 'infinity'];
    cluster.run({ containers: [{ name: 'main', image: 'busybox', command: sleep }] });
    await cluster.kubelets.settled();
    const running = { isOver: false };
    const ended = Promise.resolve(cluster.kubelets.exec(POD, ['sh', '-c', command])).finally(() => {
      running.isOver = true;
    });
    for (let second = 1; second <= afterSeconds; second += 1) {
      await turns();
      t.notOk(running.isOver, `not over after ${second - 1} seconds`);
      cluster.clock.advance(1000);
    }
    t.match(await ended, { exitCode, stderr: printed });
  });
}

/** As many as an await inside of a program can take. */
async function turns(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await turn();
}

t.test('silence() ends with its signal, and leaves no timer', async (t) => {
  const clock = createFakeClock();
  const over = new AbortController();
  const waiting = silence(1000, clock, over.signal);
  over.abort(new Error('enough'));
  await t.rejects(waiting, { message: 'enough' });
  await t.rejects(silence(1000, clock, over.signal), { message: 'enough' });
  t.equal(clock.pendingTimers, 0);
});
