/** TLS that goes on to backends as it comes, and what is read of it before. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import t from 'tap';
import { createFakeClock } from '../../src/observe/index.ts';
import { ask, open, secureEcho, secured, serverNames } from './secure.ts';
import { echo, world, type World, type WorldOptions } from './world.ts';

/** TLS for through.example goes to `port`. */
function passing(port: number, options: WorldOptions = {}): Promise<World> {
  const endpoints = [{ address: '10.244.0.9', port }];
  return world({
    backend: echo,
    ...serverNames({
      passthroughFor: (name) =>
        name === 'through.example' ? endpoints : name === 'empty.example' ? [] : undefined,
    }),
    ...options,
  });
}

const through = { servername: 'through.example' } as const;

t.test('serveIngress() passes TLS through, and ends that of other hosts', async (t) => {
  await using backend = await secureEcho('backend.example');
  await using w = await passing(backend.port);
  const socket = await open(secured(w, through));
  t.equal(socket.getPeerCertificate().subject.CN, 'backend.example');
  const sent = Buffer.alloc(1_000_000, 'abcdefg');
  socket.end(sent);
  const got: Buffer[] = [];
  for await (const chunk of socket) got.push(chunk);
  t.ok(Buffer.concat(got).equals(sent));
  t.match(await ask(w, { servername: 'other.example' }), { status: 200 });
});

function writeSlowly(socket: Socket, bytes: Buffer, done: () => void): void {
  if (bytes.length === 0) done();
  else socket.write(bytes.subarray(0, 1), () => writeSlowly(socket, bytes.subarray(1), done));
}

t.test('serveIngress() reads a server name that comes byte by byte', async (t) => {
  await using backend = await secureEcho('backend.example');
  await using w = await passing(backend.port);
  const raw = connect({ port: w.httpsPort, host: '127.0.0.1', noDelay: true });
  const slow = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => writeSlowly(raw, chunk, done),
  });
  raw.on('data', (chunk) => slow.push(chunk)).on('close', () => slow.destroy());
  const socket = await open({ ...secured(w, through), socket: slow });
  t.equal(socket.getPeerCertificate().subject.CN, 'backend.example');
  socket.destroy();
  raw.destroy();
});

/** Resolved when the ingress has closed the connection. */
async function closed(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // Bytes that the ingress has not read make the OS reset.
  socket.on('error', () => undefined).on('close', () => resolve());
  socket.resume();
  await promise;
}

const nowhere = [
  { name: 'there is no endpoint', servername: 'empty.example' },
  { name: 'nothing listens', servername: 'through.example' },
] as const;
for (const { name, servername } of nowhere) {
  t.test(`serveIngress() closes TLS that goes through where ${name}`, async (t) => {
    await using w = await passing(1);
    await t.rejects(open(secured(w, { servername })));
    t.match(await ask(w), { status: 200 });
  });
}

const silent = [
  { name: 'says nothing', bytes: '' },
  { name: 'stops in its midst', bytes: '\x16\x03\x01\x01\x00\x01' },
] as const;
for (const { name, bytes } of silent) {
  t.test(`serveIngress() closes a client of TLS that ${name}`, async (t) => {
    const clock = createFakeClock();
    await using w = await passing(1, { clock });
    const socket = connect(w.httpsPort, '127.0.0.1');
    socket.write(bytes, 'latin1');
    await once(socket, 'connect');
    while (w.ingress.connections().accepted === 0)
      await new Promise((resolve) => setImmediate(resolve));
    clock.advance(60_000);
    await closed(socket);
    t.equal(socket.bytesRead, 0);
  });
}

t.test('serveIngress() closes a client of TLS that goes in its midst', async (t) => {
  await using w = await passing(1);
  const socket = connect({ port: w.httpsPort, host: '127.0.0.1', allowHalfOpen: true });
  socket.end('\x16\x03\x01\x01\x00\x01', 'latin1');
  await closed(socket);
  t.equal(socket.bytesRead, 0);
});

t.test('serveIngress() closes a client of TLS that speaks something else', async (t) => {
  await using w = await passing(1);
  const socket = connect(w.httpsPort, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await closed(socket);
  t.match(await ask(w), { status: 200 });
});
