import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { world } from './world.ts';

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly request: string;
  readonly status: number;
  readonly source: string;
}

const { cases } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/smuggling/cases.json'), 'utf8'),
) as { readonly cases: readonly Case[] };

/** What comes back for these bytes, the sender's side being ended. */
async function answersTo(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.end(bytes, 'latin1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'end');
  socket.destroy();
  return text;
}

for (const { name, kind, request, status, source } of cases) {
  t.test(`serveIngress() lets nothing be smuggled by ${kind}: ${name} (${source})`, async (t) => {
    const seen: string[] = [];
    await using w = await world({
      backend: (message, response) => {
        seen.push(message.url ?? '');
        message.resume().on('end', () => response.end());
      },
    });
    const answer = await answersTo(w.port, request);
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    t.notOk(seen.includes('/smuggled'), 'the hidden request reached the backend');
    if (status !== 200) t.match(answer, /connection: close/i);
    t.equal(answer.split('HTTP/1.1 ').length, 2, 'one answer');
  });
}

t.test(
  'the corpus refuses nothing that is not refused for a reason: llhttp reads those that pass',
  async (t) => {
    const server = createHttpServer((message, response) => {
      message.resume().on('end', () => response.end(message.url));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // it listens on TCP
    for (const { name, request, status } of cases)
      if (status === 200) t.match(await answersTo(port, request), /^HTTP\/1\.1 200 /, name);
    server.close();
    server.closeAllConnections();
  },
);
