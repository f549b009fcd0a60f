import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import t from 'tap';
import { createDuplexPair } from '../../src/net/index.ts';

t.test('createDuplexPair() leaves the other direction open after end()', async (t) => {
  const [client, server] = createDuplexPair();
  server.resume().on('end', () => server.end('after the end'));
  client.end();
  t.equal(await text(client), 'after the end');
});

t.test('createDuplexPair() makes a writer wait for its reader', async (t) => {
  const [client, server] = createDuplexPair();
  const size = 1 << 20;
  const finished = once(client, 'finish');
  t.notOk(client.write(Buffer.alloc(size)), 'the buffer is full');
  client.end(Buffer.alloc(size));
  t.ok(server.readableLength <= size, 'only what fits was handed over');
  t.equal((await buffer(server)).length, 2 * size);
  await finished;
});

t.test('createDuplexPair() tells nobody within the call that causes it', async (t) => {
  const [client, server] = createDuplexPair();
  server.on('data', (chunk) => server.write(chunk));
  client.on('data', () => undefined);
  client.write('first');
  const [echoed] = await once(client, 'data');
  t.equal(echoed.toString(), 'first');
  client.write('second');
  t.equal(String(await once(client, 'data')), 'second');
});

t.test('createDuplexPair() delivers what was written before destroy()', async (t) => {
  const [client, server] = createDuplexPair();
  server.write('last ');
  server.write('words');
  server.destroy();
  const closed = once(client, 'close');
  t.equal(await text(client), 'last words');
  await closed;
  t.ok(client.destroyed);
});

t.test('createDuplexPair() refuses writes to a peer that is gone', async (t) => {
  const [client, server] = createDuplexPair();
  server.write('unread');
  server.destroy();
  const failed = once(client, 'error');
  client.write('x');
  const [error] = await failed;
  t.equal(error.code, 'EPIPE');
});

t.test('createDuplexPair() resets the peer after resetAndDestroy()', async (t) => {
  const [client, server] = createDuplexPair();
  const failed = once(client, 'error');
  server.resetAndDestroy();
  const [error] = await failed;
  t.equal(error.code, 'ECONNRESET');
  t.ok(client.destroyed && server.destroyed);
});

t.test('createDuplexPair() resets the peer when bytes were left unread', async (t) => {
  const [client, server] = createDuplexPair();
  client.write('never read');
  const failed = once(client, 'error');
  server.destroy();
  const [error] = await failed;
  t.equal(error.code, 'ECONNRESET');
});

t.test('createDuplexPair() carries HTTP with keep-alive', async (t) => {
  const server = createServer((incoming, response) => {
    response.end(`${incoming.method} ${incoming.url}`);
  });
  for (const path of ['/a', '/b']) {
    const [client, accepted] = createDuplexPair();
    const closed = once(accepted, 'close');
    server.emit('connection', accepted);
    const sent = request({ path, createConnection: () => client }).end();
    const [response] = await once(sent, 'response');
    t.equal(await text(response), `GET ${path}`);
    client.destroy();
    await closed;
  }
});
