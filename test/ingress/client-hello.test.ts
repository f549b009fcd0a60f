import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import * as fc from 'fast-check';
import t from 'tap';
import { MAX_CLIENT_HELLO_BYTES, readClientHello } from '../../src/ingress/client-hello.ts';

/** The first bytes that Node's own client sends. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const accepted = once(server, 'connection');
  const client = connect({ port, host: '127.0.0.1', ...options }).on('error', () => undefined);
  const [socket] = await accepted;
  const [bytes] = await once(socket, 'data');
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

/** The handshake of `hello` in records of `size` bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const records: Buffer[] = [];
  for (let offset = 5; offset < hello.length; offset += size) {
    const piece = hello.subarray(offset, offset + size);
    records.push(Buffer.of(22, 3, 1, piece.length >> 8, piece.length & 255), piece);
  }
  return Buffer.concat(records);
}

const named = await helloOf({ servername: 'Shop.Example', ALPNProtocols: ['h2', 'http/1.1'] });
const old = await helloOf({ servername: 'shop.example', maxVersion: 'TLSv1.2' });
const nameless = await helloOf({ servername: '' });

const read = [
  { name: 'TLS 1.3', bytes: named, servername: 'shop.example' },
  { name: 'TLS 1.2', bytes: old, servername: 'shop.example' },
  { name: 'no server name', bytes: nameless, servername: '' },
  { name: 'several records', bytes: inRecords(named, 100), servername: 'shop.example' },
  {
    name: 'early data behind it',
    bytes: Buffer.concat([named, Buffer.of(23, 3, 3, 0, 1, 0)]),
    servername: 'shop.example',
  },
  { name: 'a record for each byte', bytes: inRecords(named, 1), servername: '' },
  { name: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'), servername: '' },
  { name: 'another message', bytes: Buffer.of(22, 3, 1, 0, 4, 2, 0, 0, 0), servername: '' },
  { name: 'an empty record', bytes: Buffer.of(22, 3, 1, 0, 0), servername: '' },
  { name: 'a hello of nothing', bytes: Buffer.of(22, 3, 1, 0, 4, 1, 0, 0, 0), servername: '' },
  {
    name: 'a hello that is too long',
    bytes: Buffer.of(22, 3, 1, 0, 4, 1, 1, 0, 0),
    servername: '',
  },
  { name: 'a record of SSL 2', bytes: Buffer.of(0x80, 0x2e, 1, 3, 1), servername: '' },
] as const;
for (const { name, bytes, servername } of read) {
  t.test(`readClientHello() reads ${name}`, async (t) => {
    t.same(readClientHello(bytes), { kind: 'read', servername });
  });
}

t.test('readClientHello() wants more until the hello is whole', async (t) => {
  for (const bytes of [named, inRecords(named, 100)])
    for (let length = 0; length < bytes.length; length += 1)
      t.same(readClientHello(bytes.subarray(0, length)), { kind: 'incomplete' }, `${length}`);
});

const hostile = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  // Almost right: some bytes of a true one are others, and it ends early.
  fc
    .record({
      changes: fc.array(fc.tuple(fc.nat(named.length - 1), fc.nat(255)), { maxLength: 8 }),
      length: fc.nat(named.length),
      size: fc.integer({ min: 1, max: 400 }),
    })
    .map(({ changes, length, size }) => {
      const bytes = Buffer.from(named);
      for (const [at, byte] of changes) bytes[at] = byte;
      return inRecords(bytes, size).subarray(0, length);
    }),
);

t.test('readClientHello() reads any bytes without throwing', async (t) => {
  fc.assert(
    fc.property(hostile, (bytes) => {
      const hello = readClientHello(bytes);
      if (hello.kind === 'read') return hello.servername === hello.servername.toLowerCase();
      return bytes.length <= MAX_CLIENT_HELLO_BYTES;
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

t.test('readClientHello() comes to an end with what never ends', async (t) => {
  const endless = Buffer.alloc(MAX_CLIENT_HELLO_BYTES + 1);
  Buffer.of(22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc).copy(endless);
  t.same(readClientHello(endless.subarray(0, -1)), { kind: 'incomplete' });
  t.same(readClientHello(endless), { kind: 'read', servername: '' });
});
