import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { promisify } from 'node:util';
import t from 'tap';
import { serveEntry, type Entry, type EntryTarget } from '../../src/entry/index.ts';
import { ConnectError, PodlaneError } from '../../src/net/index.ts';

const run = promisify(execFile);

interface World extends AsyncDisposable {
  readonly entry: Entry;
  readonly asked: EntryTarget[];
}

/** An entry in front of one HTTP server; names say what should happen. */
async function world(): Promise<World> {
  const web = createHttpServer((request, response) => {
    response.setHeader('connection', 'keep-alive');
    response.end(
      `${request.method} ${request.url} ${request.headers.host} proxy=${request.headers['proxy-authorization'] ?? 'none'}`,
    );
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const { port } = web.address() as AddressInfo;
  const asked: EntryTarget[] = [];
  const entry = await serveEntry({
    address: '127.0.0.1',
    port: 0,
    dial: async (target, signal) => {
      asked.push(target);
      if (target.host === 'refused')
        throw new ConnectError('ERR_REFUSED', 'service default/refused has no endpoints');
      if (target.host === 'nowhere')
        throw new PodlaneError('ERR_NO_SUCH_NAME', 'nowhere: NXDOMAIN');
      if (target.host === 'dropped') throw new ConnectError('ERR_DROPPED', 'dropped by policy');
      const socket = connect(port, '127.0.0.1');
      signal.addEventListener('abort', () => socket.destroy());
      await once(socket, 'connect');
      return { connection: socket, ...(target.host === 'noted' && { note: 'by the back door' }) };
    },
  });
  return {
    entry,
    asked,
    [Symbol.asyncDispose]: async () => {
      await entry[Symbol.asyncDispose]();
      web.closeAllConnections();
      web.close();
      await once(web, 'close');
    },
  };
}

const curl = async (...args: string[]): Promise<string> =>
  (await run('curl', ['-sS', '-m', '10', ...args])).stdout;

t.test('CONNECT tells what the client could not know of the way', async (t) => {
  await using w = await world();
  const { port } = w.entry;
  const heads = async (host: string): Promise<string> =>
    curl('-i', '-p', '-x', `http://127.0.0.1:${port}`, `http://${host}/`);
  t.match(await heads('noted'), /^HTTP\/1\.1 200 [^\r]+\r\nx-podlane-note: by the back door\r\n/);
  t.notMatch(await heads('web'), /x-podlane-note/);
});

const proxied = [
  { name: 'SOCKS5 with a name', scheme: 'socks5h', user: '', expected: undefined },
  {
    name: 'SOCKS5 as a Pod',
    scheme: 'socks5h',
    user: 'default%2Ffrontend@',
    expected: 'default/frontend',
  },
  { name: 'an HTTP proxy', scheme: 'http', user: '', expected: undefined },
  {
    name: 'an HTTP proxy as a Pod',
    scheme: 'http',
    user: 'default%2Ffrontend@',
    expected: 'default/frontend',
  },
] as const;
for (const { name, scheme, user, expected } of proxied) {
  t.test(`serveEntry() serves curl through ${name}`, async (t) => {
    await using w = await world();
    const proxy = `${scheme}://${user}127.0.0.1:${w.entry.port}`;
    const body = await curl('-x', proxy, 'http://web.shop:8080/cart?a=1');
    t.equal(body, 'GET /cart?a=1 web.shop:8080 proxy=none');
    t.match(w.asked, [{ host: 'web.shop', port: 8080, user: expected }]);
  });
}

t.test('serveEntry() tunnels CONNECT', async (t) => {
  await using w = await world();
  const body = await curl('-p', '-x', `http://127.0.0.1:${w.entry.port}`, 'http://web/');
  t.equal(body, 'GET / web proxy=none');
});

t.test('serveEntry() passes a request body through an HTTP proxy', async (t) => {
  await using w = await world();
  const body = await curl('-x', `http://127.0.0.1:${w.entry.port}`, '-d', 'a=1', 'http://web/');
  t.equal(body, 'POST / web proxy=none');
});

const failures = [
  { host: 'refused', scheme: 'socks5h', exit: 97 },
  { host: 'nowhere', scheme: 'socks5h', exit: 97 },
] as const;
for (const { host, scheme, exit } of failures) {
  t.test(`serveEntry() refuses a name that is ${host} in SOCKS5`, async (t) => {
    await using w = await world();
    await t.rejects(curl('-x', `${scheme}://127.0.0.1:${w.entry.port}`, `http://${host}/`), {
      code: exit,
    });
  });
}

t.test('serveEntry() answers 502 with the reason to an HTTP client', async (t) => {
  await using w = await world();
  const body = await curl('-i', '-x', `http://127.0.0.1:${w.entry.port}`, 'http://refused/');
  t.match(body, /^HTTP\/1\.1 502 /);
  t.match(body, /x-podlane-reason: service default\/refused has no endpoints/i);
});

t.test('serveEntry() stays silent where the cluster drops', async (t) => {
  await using w = await world();
  const socket = connect(w.entry.port, '127.0.0.1');
  socket.write(Buffer.from([5, 1, 0]));
  await once(socket, 'data');
  socket.write(
    Buffer.concat([Buffer.from([5, 1, 0, 3, 7]), Buffer.from('dropped'), Buffer.from([0, 80])]),
  );
  // The dial has failed once the next turn of the loop has passed it; nothing may have come back.
  let hasAnswered = false;
  socket.on('data', () => (hasAnswered = true));
  while (w.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  t.notOk(hasAnswered);
  socket.destroy();
});

const hostile = [
  { name: 'SOCKS4', bytes: [4, 1, 0, 80, 127, 0, 0, 1, 0] },
  { name: 'no acceptable method', bytes: [5, 1, 1] },
  { name: 'an unknown address type', bytes: [5, 1, 0, 5, 1, 0, 9, 0, 0] },
  { name: 'BIND', bytes: [5, 1, 0, 5, 2, 0, 1, 127, 0, 0, 1, 0, 80] },
  { name: 'an empty name', bytes: [5, 1, 0, 5, 1, 0, 3, 0, 0, 80] },
  { name: 'HTTP nonsense', bytes: [...Buffer.from('GET\r\n\r\n')] },
  {
    name: 'CONNECT to nonsense',
    bytes: [...Buffer.from('CONNECT nonsense HTTP/1.1\r\nhost: x\r\n\r\n')],
  },
] as const;
for (const { name, bytes } of hostile) {
  t.test(`serveEntry() ends a client that sends ${name}`, async (t) => {
    await using w = await world();
    const socket = connect(w.entry.port, '127.0.0.1');
    socket.resume();
    socket.write(Buffer.from(bytes));
    await Promise.race([once(socket, 'close'), once(socket, 'end')]);
    socket.destroy();
    t.same(w.asked, []);
  });
}

t.test('serveEntry() reads a greeting that comes byte by byte', async (t) => {
  await using w = await world();
  const socket = connect(w.entry.port, '127.0.0.1');
  socket.setNoDelay(true);
  const login = [
    5,
    2,
    0,
    2,
    1,
    4,
    ...Buffer.from('ns/p'),
    1,
    120,
    5,
    1,
    0,
    3,
    3,
    ...Buffer.from('web'),
    0,
    80,
  ];
  for (const byte of login) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await untilBytes(socket, 2 + 2 + 10);
  t.match(w.asked, [{ host: 'web', port: 80, user: 'ns/p' }]);
  socket.destroy();
});

t.test('serveEntry() closes its clients when it is disposed of', async (t) => {
  const w = await world();
  const socket = connect(w.entry.port, '127.0.0.1');
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  socket.on('error', () => undefined);
  await w[Symbol.asyncDispose]();
  await closed;
  t.pass('closed');
});

t.test('serveEntry() refuses a taken port with what to do', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  await t.rejects(
    serveEntry({ address: '127.0.0.1', port, dial: () => Promise.reject(new Error('unused')) }),
    {
      code: 'ERR_ADDRESS_IN_USE',
      hint: /--entry/,
    },
  );
  holder.close();
});

async function untilBytes(socket: Socket, count: number): Promise<void> {
  let seen = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    seen += chunk.length;
    if (seen >= count) return;
  }
}
