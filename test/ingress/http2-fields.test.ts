/** Fields that HTTP/1 and Ingresses may say, and HTTP/2 may not. */
import { once } from 'node:events';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { curl, world } from './world.ts';

const answers = [
  { name: 'an answer', interim: '', policy: {}, status: 200 },
  {
    name: 'an interim answer',
    interim: 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n',
    policy: {},
    status: 200,
  },
  { name: 'an answer of its own', interim: '', policy: { bodyLimitBytes: 1 }, status: 413 },
] as const;
for (const { name, interim, policy, status } of answers) {
  t.test(`serveIngress() leaves TE out of ${name} over HTTP/2`, async (t) => {
    await using w = await world({
      raw: (socket) => {
        socket.once('data', () =>
          socket.write(`${interim}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`),
        );
        socket.on('error', () => undefined);
      },
      policy: {
        ...policy,
        responseHeaders: {
          set: [
            ['TE', 'gzip'],
            ['X-Set', 'yes'],
          ],
        },
      },
    });
    const url = `http://127.0.0.1:${w.port}/`;
    const answer = await curl('--http2-prior-knowledge', '-i', '-d', 'body', url);
    t.match(answer, new RegExp(`^HTTP/2 ${status} `, 'm'));
    t.match(answer, /^x-set: yes/m);
    t.notMatch(answer, /^te:/m);
  });
}

const requests = [
  { name: 'HTTP2-Settings', fields: ['HTTP2-Settings: AAMAAABk'], key: 'http2-settings' },
  { name: 'two values where one is meant', fields: ['Range: a', 'Range: b'], key: 'range' },
] as const;
for (const { name, fields, key } of requests) {
  t.test(`serveIngress() asks a backend that speaks HTTP/2 with ${name}`, async (t) => {
    const seen: unknown[] = [];
    const server = createServer({ strictSingleValueFields: false });
    server.on('stream', (stream: ServerHttp2Stream, ...[, , raw]) => {
      seen.push(raw.filter((_, index) => index % 2 === 1 && raw[index - 1] === key));
      stream.respond({ ':status': 200 });
      stream.end('hello');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // it listens on TCP
    {
      await using w = await world({ policy: { upstreamProtocol: 'GRPC' }, backendPort: port });
      const url = `http://127.0.0.1:${w.port}/`;
      const flags = fields.flatMap((field) => ['-H', field]);
      // The second comes over the connection of the first.
      t.equal(await curl(...flags, url, url), 'hellohello');
    }
    const values = key === 'range' ? ['a', 'b'] : [];
    t.same(seen, [values, values]);
    server.close();
  });
}
