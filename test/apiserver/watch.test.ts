import { once } from 'node:events';
import { request } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';
import t from 'tap';
import { createFakeClock } from '../../src/observe/index.ts';
import { ask } from './ask.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

interface Frame {
  readonly type: string;
  readonly object: Readonly<Record<string, unknown>> & {
    readonly metadata?: {
      readonly name?: string;
      readonly resourceVersion?: string;
      readonly annotations?: Readonly<Record<string, string>>;
    };
  };
}

interface Watch extends AsyncDisposable {
  readonly status: number;
  /** The next `count` frames. */
  take(count: number): Promise<readonly Frame[]>;
  /** Everything until the server ends it. */
  rest(): Promise<readonly Frame[]>;
}

async function watch(
  { server, credentials, token }: TestServer,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Watch> {
  const outgoing: ClientRequest = request({
    host: server.address,
    port: server.port,
    ca: credentials.ca,
    agent: false,
    path,
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  incoming.on('error', () => undefined);
  const lines = incoming.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
  const frames: Frame[] = [];
  let text = '';
  const read = async (): Promise<boolean> => {
    const { value, done } = await lines.next();
    if (done === true) return false;
    const whole = (text + value).split('\n');
    text = whole.pop() ?? '';
    frames.push(...whole.map((line) => JSON.parse(line) as Frame));
    return true;
  };
  return {
    status: incoming.statusCode ?? 0,
    async take(count) {
      while (frames.length < count && (await read()));
      return frames.splice(0, count);
    },
    async rest() {
      while (await read());
      return frames.splice(0);
    },
    [Symbol.asyncDispose]: async () => {
      outgoing.destroy();
    },
  };
}

function put(
  server: TestServer,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): string {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels },
  };
  const isThere = server.store.get('ConfigMap', 'default', name) !== undefined;
  const stored = isThere ? server.store.update(object) : server.store.create(object);
  return (stored as { metadata: { resourceVersion?: string } }).metadata.resourceVersion ?? '';
}

const short = (frames: readonly Frame[]): readonly string[] =>
  frames.map(({ type, object }) => `${type} ${object.metadata?.name ?? ''}`.trim());

t.test('watchObjects() begins where it is asked to', async (t) => {
  await using server = await startTestServer();
  const first = put(server, 'a');
  put(server, 'b');
  const starts = [
    { query: '', frames: ['ADDED a', 'ADDED b'] },
    { query: '&resourceVersion=0', frames: ['ADDED a', 'ADDED b'] },
    { query: `&resourceVersion=${first}`, frames: ['ADDED b'] },
    { query: '&fieldSelector=metadata.name%3Db', frames: ['ADDED b'] },
  ];
  for (const { query, frames } of starts) {
    await using stream = await watch(server, `${CONFIG_MAPS}?watch=true${query}`);
    t.same(short(await stream.take(frames.length)), frames, query);
  }
  await using old = await watch(server, '/api/v1/watch/namespaces/default/configmaps/a');
  t.same(short(await old.take(1)), ['ADDED a']);
});

t.test('watchObjects() tells what enters and leaves a selector', async (t) => {
  await using server = await startTestServer();
  await using stream = await watch(server, `${CONFIG_MAPS}?watch=1&labelSelector=on%3Dyes`);
  put(server, 'a');
  put(server, 'a', { on: 'yes' });
  put(server, 'a', { on: 'yes', more: 'x' });
  put(server, 'a', { on: 'no' });
  put(server, 'a', { on: 'yes' });
  server.store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'a' });
  t.same(short(await stream.take(5)), [
    'ADDED a',
    'MODIFIED a',
    'DELETED a',
    'ADDED a',
    'DELETED a',
  ]);
});

t.test('watchObjects() ends the list of a WatchList with a bookmark', async (t) => {
  await using server = await startTestServer();
  put(server, 'a');
  const options =
    'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  await using stream = await watch(server, `${CONFIG_MAPS}?${options}`);
  const [added, bookmark] = await stream.take(2);
  t.equal(added?.type, 'ADDED');
  t.match(bookmark, {
    type: 'BOOKMARK',
    object: {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {
        resourceVersion: String(server.store.revision),
        annotations: { 'k8s.io/initial-events-end': 'true' },
      },
    },
  });
  put(server, 'b');
  t.same(short(await stream.take(1)), ['ADDED b']);
});

t.test('watchObjects() ends with an ERROR frame for a version it has not', async (t) => {
  await using server = await startTestServer();
  for (let index = 0; index < 4200; index += 1) put(server, 'a', { index: String(index) });
  for (const version of ['1', '999999']) {
    await using stream = await watch(server, `${CONFIG_MAPS}?watch=1&resourceVersion=${version}`);
    t.equal(stream.status, 200);
    const frames = await stream.rest();
    t.match(frames, [{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }]);
  }
});

t.test('watchObjects() ends when its time is up', async (t) => {
  await using server = await startTestServer();
  await using stream = await watch(server, `${CONFIG_MAPS}?watch=1&timeoutSeconds=1`);
  t.same(await stream.rest(), []);
});

t.test('watchObjects() says what the columns of a Table are once', async (t) => {
  await using server = await startTestServer();
  put(server, 'a');
  put(server, 'b');
  await using stream = await watch(server, `${CONFIG_MAPS}?watch=1`, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });
  const [first, second] = await stream.take(2);
  t.match(first?.object, { kind: 'Table', columnDefinitions: [{ name: 'Name' }] });
  t.match(second?.object, { kind: 'Table', columnDefinitions: null, rows: [{ cells: ['b'] }] });
});

t.test('watchObjects() tells ages in a Table as they are when an event is sent', async (t) => {
  const clock = createFakeClock();
  await using server = await startTestServer({ clock });
  put(server, 'a');
  await using stream = await watch(server, `${CONFIG_MAPS}?watch=1`, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });
  const [before] = await stream.take(1);
  clock.advance(18_000);
  put(server, 'b');
  put(server, 'a', { changed: 'yes' });
  const after = await stream.take(2);
  t.match(
    [before, ...after].map((event) => event?.object['rows']),
    [[{ cells: ['a', 0, '0s'] }], [{ cells: ['b', 0, '0s'] }], [{ cells: ['a', 0, '18s'] }]],
  );
});

t.test('watchObjects() sends metadata alone', async (t) => {
  await using server = await startTestServer();
  put(server, 'a');
  await using stream = await watch(server, `${CONFIG_MAPS}?watch=1`, {
    accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  });
  const [frame] = await stream.take(1);
  t.match(frame?.object, { kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
});

t.test('watchObjects() shows each watcher an Event as its group has it', async (t) => {
  await using server = await startTestServer();
  const path = '/namespaces/default/events?watch=1';
  await using core = await watch(server, `/api/v1${path}`);
  await using group = await watch(server, `/apis/events.k8s.io/v1${path}`);
  server.store.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'a', namespace: 'default' },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'web' },
    message: 'hello',
  });
  const [[old], [young]] = [await core.take(1), await group.take(1)];
  t.match(old?.object, { apiVersion: 'v1', message: 'hello' });
  t.match(young?.object, { apiVersion: 'events.k8s.io/v1', note: 'hello' });
});

t.test('watchObjects() hears nothing of a write that changes nothing', async (t) => {
  await using server = await startTestServer();
  const before = put(server, 'a', { on: 'yes' });
  await using stream = await watch(server, `${CONFIG_MAPS}?watch=1&resourceVersion=${before}`);
  t.equal(put(server, 'a', { on: 'yes' }), before);
  put(server, 'b');
  t.same(short(await stream.take(1)), ['ADDED b']);
});

const refused = [
  { query: 'watch=1&sendInitialEvents=true', status: 422 },
  { query: 'watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1', status: 422 },
  { query: 'watch=1&resourceVersion=x', status: 500 },
  { query: 'watch=1&labelSelector=a%20b', status: 400 },
  { query: 'watch=1&fieldSelector=data.a%3Db', status: 400 },
  { query: 'watch=1&timeoutSeconds=x', status: 400 },
];
t.test('watchObjects() refuses what it cannot read before it begins', async (t) => {
  await using server = await startTestServer();
  for (const { query, status } of refused)
    t.equal((await ask(server, { path: `${CONFIG_MAPS}?${query}` })).status, status, query);
});
