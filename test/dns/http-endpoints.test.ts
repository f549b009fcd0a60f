/** What the server says about itself, over HTTP. */
import t from 'tap';
import type { HttpEndpoint, OpenEndpoint } from '../../src/dns/corefile/index.ts';
import { createHttpEndpoints } from '../../src/dns/http-endpoints.ts';
import { SILENT } from '../../src/observe/index.ts';

function endpoint(what: string): HttpEndpoint {
  return {
    what,
    address: ':8080',
    answer: (path) => ({ status: path === `/${what}` ? 200 : 404, body: what }),
  };
}

async function statusOf(open: OpenEndpoint | undefined, path: string): Promise<number> {
  return fetch(`http://127.0.0.1:${open?.port}${path}`).then(({ status }) => status);
}

t.test('createHttpEndpoints() keeps an address open for the others of it', async (t) => {
  const endpoints = createHttpEndpoints({ log: SILENT, portFor: () => 0 });
  const health = await endpoints.open(endpoint('health'));
  const ready = await endpoints.open(endpoint('ready'));
  t.equal(health?.port, ready?.port);
  t.equal(await statusOf(ready, '/ready'), 200);
  for (const time of ['once', 'again']) {
    await ready?.[Symbol.asyncDispose]();
    t.same(
      [await statusOf(health, '/health'), await statusOf(health, '/ready')],
      [200, 404],
      `closed ${time}`,
    );
  }
  await health?.[Symbol.asyncDispose]();
  t.same(endpoints.served, []);
});

t.test('createHttpEndpoints() leaves to its successor what was closed before', async (t) => {
  const endpoints = createHttpEndpoints({ log: SILENT, portFor: () => 0 });
  const before = await endpoints.open(endpoint('ready'));
  await before?.[Symbol.asyncDispose]();
  const after = await endpoints.open(endpoint('ready'));
  await before?.[Symbol.asyncDispose]();
  t.equal(endpoints.served.length, 1);
  t.equal(await statusOf(after, '/ready'), 200);
  await after?.[Symbol.asyncDispose]();
});
