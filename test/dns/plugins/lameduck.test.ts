import t from 'tap';
import { createFakeClock } from '../../../src/observe/index.ts';
import { loadDns, query, WEB, brief } from '../corefile-world.ts';

const COREFILE = `. {
  health :0 {
    lameduck 5s
  }
  ready :0
  kubernetes cluster.local
}`;

async function statusOf(port: number | undefined, path: string): Promise<number | undefined> {
  return fetch(`http://127.0.0.1:${port}${path}`).then(
    ({ status }) => status,
    () => undefined,
  );
}

t.test('drain() waits for lameduck, answers meanwhile, and is not ready', async (t) => {
  const clock = createFakeClock();
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  await using dns = await loadDns(COREFILE, { clock, print });
  await dns.start();
  const portOf = (name: string): number | undefined =>
    dns.endpoints.find(({ what }) => what === name)?.port;
  const [health, ready] = [portOf('health'), portOf('ready')];
  t.equal(await statusOf(ready, '/ready'), 200);
  let isOver = false;
  const over = dns.drain().then(() => (isOver = true));
  t.same(lines, ['[INFO] plugin/health: Going into lameduck mode for 5s']);
  t.equal(await statusOf(health, '/health'), 200);
  t.equal(await statusOf(ready, '/ready'), undefined);
  t.equal(brief(await query(dns, WEB)), `NOERROR ${WEB} 5 A 10.96.0.7`);
  clock.advance(4999);
  await new Promise(setImmediate);
  t.equal(isOver, false);
  clock.advance(1);
  await over;
});

t.test('drain() waits for nothing without lameduck', async (t) => {
  for (const corefile of [COREFILE.replace('lameduck 5s', ''), COREFILE.replace('5s', '0s')]) {
    await using dns = await loadDns(corefile, { clock: createFakeClock() });
    await dns.start();
    await dns.drain();
    t.pass();
  }
});
