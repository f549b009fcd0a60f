/** More clients than the process has file descriptors for. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import t from 'tap';
import { reachOf, tcpEcho, type Place } from '../harness/clients.ts';
import { createFolder, startProgram } from '../harness/instance.ts';
import { app, manifest } from '../harness/manifests.ts';
import { claimRanges } from '../harness/ranges.ts';

const OPEN_FILES = 96;
const CLIENTS = 150;
const MESSAGE = /cannot accept connections on [\d.:]+: too many open files \(96 are allowed\)/;
const ranges = await claimRanges();

/** A client that says something and stays. @returns undefined when it is refused. */
async function visit({ address, port }: Place): Promise<Socket | undefined> {
  const socket = connect({ host: address, port });
  socket.on('error', () => undefined);
  socket.write('hello');
  const answered = once(socket, 'data').then(() => socket);
  const gone = once(socket, 'close').then(() => undefined);
  return Promise.race([answered, gone]).catch(() => undefined);
}

/** Comes back until somebody answers. */
async function untilAnswered(place: Place): Promise<Socket> {
  for (let tried = 0; tried < 1000; tried += 1) {
    const socket = await visit(place);
    if (socket !== undefined) return socket;
  }
  throw new Error('nobody answers any more');
}

const cases = [
  { name: 'a Pod', service: 'web' },
  { name: 'a process of the host', service: 'local' },
] as const;

t.test('too few file descriptors', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  t.teardown(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number }; // it listens on TCP
  using folder = createFolder({ 'all.yaml': manifest(app('web'), app('local')) });
  await using program = await startProgram({
    ranges,
    openFiles: OPEN_FILES,
    args: ['--pod', `deploy/local=127.0.0.1:${port}`, folder.path],
  });
  for (const { name, service } of cases) {
    await t.test(`clients of ${name} are refused, the others go on`, async (t) => {
      const place = reachOf(program.status, service);
      const kept = await untilAnswered(place);
      const visits = await Promise.all(Array.from({ length: CLIENTS }, () => visit(place)));
      const open = visits.filter((socket) => socket !== undefined);
      t.ok(open.length > 0, 'some are served');
      t.ok(open.length < OPEN_FILES, 'most are not');
      kept.write('still there?');
      t.equal(String((await once(kept, 'data'))[0]), 'still there?');
      for (const socket of [kept, ...open]) socket.destroy();
      (await untilAnswered(place)).destroy();
      t.equal(await tcpEcho(place, 'again'), 'again');
    });
  }
  await program.until('stderr', MESSAGE);
  t.equal(program.stderr().split(MESSAGE).length, 2, 'one message, not one for each');
});
