import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ApiError } from '../../src/api/index.ts';
import {
  answers,
  controlFolder,
  createControlClient,
  serveControl,
  socketPath,
  type ClusterStatus,
  type ControlCall,
  type ControlHandlers,
  type WatchLine,
} from '../../src/control/index.ts';
import { PodlaneError } from '../../src/net/index.ts';
import { createFolder, type Folder } from '../harness/instance.ts';

/** Sockets of this test live in a folder of its own. */
function ownRuntime(t: Test): Folder {
  const folder = createFolder();
  const before = process.env['XDG_RUNTIME_DIR'];
  process.env['XDG_RUNTIME_DIR'] = folder.path;
  t.teardown(() => {
    if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = before;
    folder[Symbol.dispose]();
  });
  return folder;
}

const STATUS = { name: 'x', pid: 7 } as unknown as ClusterStatus; // all that these tests look at

/** Handlers that refuse everything but what a test gives. */
function handlers(given: Partial<ControlHandlers> = {}): ControlHandlers {
  const refuse = (): never => {
    throw new PodlaneError('ERR_TEST', 'not expected');
  };
  return {
    status: () => STATUS,
    list: refuse,
    watch: refuse,
    describe: refuse,
    explain: refuse,
    dig: refuse,
    reach: refuse,
    matrix: refuse,
    expect: refuse,
    kubeconfig: refuse,
    resolvConf: refuse,
    apply: refuse,
    delete: refuse,
    scale: refuse,
    down: refuse,
    ...given,
  };
}

const LINE: WatchLine = {
  type: 'ADDED',
  singular: 'pod',
  columns: [{ name: 'Name', priority: 0 }],
  item: { object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }, cells: ['a'] },
};
const LIST = { resource: 'pods', namespace: 'default' } as const;

t.test('serveControl() makes its socket for its user alone', async (t) => {
  ownRuntime(t);
  const path = socketPath('own');
  const before = process.umask();
  await using _server = await serveControl({ name: 'own', path, handlers: handlers() });
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.ok(lstatSync(path).isSocket());
  t.equal(statSync(controlFolder()).mode & 0o777, 0o700);
  t.equal(process.umask(), before, 'other files keep their modes');
});

t.test('serveControl() hands parameters over and results back', async (t) => {
  ownRuntime(t);
  const seen: unknown[] = [];
  const path = socketPath('calls');
  await using _server = await serveControl({
    name: 'calls',
    path,
    handlers: handlers({
      scale: async (params) => {
        seen.push(params);
        return ['deployment/wéb'];
      },
    }),
  });
  const client = createControlClient('calls');
  t.same(await client.call('status', {}), STATUS);
  const params = { resource: 'deploy', names: ['wéb'], namespace: 'default', replicas: 3 };
  t.same(await client.call('scale', params), ['deployment/wéb']);
  t.same(seen, [params]);
});

const ERRORS = [
  {
    name: 'an error with a hint',
    error: new PodlaneError('ERR_X', 'what happened', { hint: 'what to do' }),
    seen: { code: 'ERR_X', message: 'what happened', hint: 'what to do' },
  },
  {
    name: 'an error of the API',
    error: new ApiError('NotFound', 'pods "x" not found'),
    seen: { code: 'ERR_API_NOT_FOUND', message: 'pods "x" not found', hint: undefined },
  },
  {
    name: 'a defect',
    error: new TypeError('x is not a function'),
    seen: { code: 'ERR_INTERNAL', message: /^TypeError: x is not a function\n +at / },
  },
] as const;
for (const { name, error, seen } of ERRORS) {
  t.test(`serveControl() passes ${name} on`, async (t) => {
    ownRuntime(t);
    const fail = (): never => {
      throw error;
    };
    await using _server = await serveControl({
      name: 'errors',
      path: socketPath('errors'),
      handlers: handlers({ describe: fail, watch: fail }),
    });
    const client = createControlClient('errors');
    const described = client.call('describe', {
      resource: 'pods',
      names: [],
      namespace: 'default',
    });
    await t.rejects(described, seen);
    const watched = client.watch(LIST, new AbortController().signal)[Symbol.asyncIterator]();
    await t.rejects(watched.next(), seen);
    t.same(await client.call('status', {}), STATUS, 'the server goes on');
  });
}

for (const call of ['nosuch', '', 'constructor', 'toString', '__proto__', 'hasOwnProperty']) {
  t.test(`serveControl() knows no call "${call}"`, async (t) => {
    ownRuntime(t);
    await using _server = await serveControl({
      name: 'unknown',
      path: socketPath('unknown'),
      handlers: handlers(),
    });
    await t.rejects(createControlClient('unknown').call(call as ControlCall, {}), {
      code: 'ERR_UNKNOWN_CALL',
    });
  });
}

t.test('serveControl() refuses a call that is too large, and goes on', async (t) => {
  ownRuntime(t);
  await using _server = await serveControl({
    name: 'large',
    path: socketPath('large'),
    handlers: handlers({
      apply: ({ input = '' }) => ({
        isApplied: true,
        changes: [String(input.length)],
        errors: [],
        warnings: [],
      }),
    }),
  });
  const client = createControlClient('large');
  const apply = (sizeBytes: number): Promise<unknown> =>
    client.call('apply', {
      paths: ['-'],
      input: 'x'.repeat(sizeBytes),
      namespace: 'default',
      isStrict: false,
    });
  t.match(await apply(8 * 2 ** 20), { changes: [String(8 * 2 ** 20)] });
  await t.rejects(apply(65 * 2 ** 20), { code: 'ERR_TOO_LARGE' });
  t.same(await client.call('status', {}), STATUS);
});

function postRaw(
  path: string,
  body: string,
  method = 'POST',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, path: '/v1/status', method }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

t.test('serveControl() answers what is no call with an error', async (t) => {
  ownRuntime(t);
  const path = socketPath('raw');
  await using _server = await serveControl({ name: 'raw', path, handlers: handlers() });
  for (const body of ['', '{', 'null{}']) {
    const { status, text } = await postRaw(path, body);
    t.equal(status, 400, body);
    t.match(JSON.parse(text), { code: String, message: String });
  }
});

t.test('serveControl() lets calls wait until there is somebody to carry them out', async (t) => {
  ownRuntime(t);
  const ready = Promise.withResolvers<ControlHandlers>();
  await using _server = await serveControl({
    name: 'soon',
    path: socketPath('soon'),
    handlers: () => ready.promise,
  });
  const call = createControlClient('soon').call('status', {});
  const first = await Promise.race([
    call.then(() => 'answered'),
    answers(socketPath('soon')).then(() => 'not yet'),
  ]);
  t.equal(first, 'not yet');
  ready.resolve(handlers());
  t.same(await call, STATUS);
});

t.test('serveControl() that ends before it was ready tells who waits', async (t) => {
  ownRuntime(t);
  const server = await serveControl({
    name: 'never',
    path: socketPath('never'),
    handlers: () => new Promise(() => undefined),
  });
  const call = createControlClient('never').call('status', {});
  const failed = t.rejects(call, { code: 'ERR_NOT_RUNNING' });
  // The call is on its way once another connection is accepted after it.
  await answers(socketPath('never'));
  await server[Symbol.asyncDispose]();
  await failed;
});

t.test('serveControl() refuses a name that is in use, and takes over what was left', async (t) => {
  ownRuntime(t);
  const path = socketPath('taken');
  const first = await serveControl({ name: 'taken', path, handlers: handlers() });
  await t.rejects(serveControl({ name: 'taken', path, handlers: handlers() }), {
    code: 'ERR_ALREADY_RUNNING',
    hint: /podlane down --name taken/,
  });
  t.same(await createControlClient('taken').call('status', {}), STATUS, 'the first is untouched');
  await first[Symbol.asyncDispose]();
  t.notOk(existsSync(path));
  writeFileSync(path, ''); // nobody listens there
  await using _second = await serveControl({ name: 'taken', path, handlers: handlers() });
  t.same(await createControlClient('taken').call('status', {}), STATUS);
});

t.test('serveControl() of two at once gives the name to one', async (t) => {
  ownRuntime(t);
  const path = socketPath('race');
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, () => serveControl({ name: 'race', path, handlers: handlers() })),
  );
  const won = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  );
  t.equal(won.length, 1);
  t.same(
    new Set(
      outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [(outcome.reason as PodlaneError).code] : [],
      ),
    ),
    new Set(['ERR_ALREADY_RUNNING']),
  );
  await won[0]?.[Symbol.asyncDispose]();
});

t.test('watch() gives what is there, then what changes, until its signal fires', async (t) => {
  ownRuntime(t);
  const hasLeft = Promise.withResolvers<void>();
  const sender = Promise.withResolvers<(line: WatchLine) => void>();
  await using _server = await serveControl({
    name: 'watch',
    path: socketPath('watch'),
    handlers: handlers({
      watch: (params, send, signal) => {
        t.same(params, LIST);
        send(LINE);
        sender.resolve(send);
        signal.addEventListener('abort', () => hasLeft.resolve());
      },
    }),
  });
  const interrupt = new AbortController();
  const lines = createControlClient('watch').watch(LIST, interrupt.signal)[Symbol.asyncIterator]();
  t.same((await lines.next()).value, LINE);
  (await sender.promise)({ ...LINE, type: 'DELETED' });
  t.match((await lines.next()).value, { type: 'DELETED' });
  const last = lines.next();
  interrupt.abort();
  t.equal((await last).done, true);
  await hasLeft.promise;
});

t.test('watch() hears the end of the instance', async (t) => {
  ownRuntime(t);
  const server = await serveControl({
    name: 'end',
    path: socketPath('end'),
    handlers: handlers({ watch: (_, send) => send(LINE) }),
  });
  const client = createControlClient('end');
  const lines = client.watch(LIST, new AbortController().signal)[Symbol.asyncIterator]();
  await lines.next();
  const last = t.rejects(lines.next(), { code: 'ERR_NOT_RUNNING', message: /end has ended/ });
  await server[Symbol.asyncDispose]();
  await last;
  await client.ended();
  await t.rejects(client.call('status', {}), {
    code: 'ERR_NOT_RUNNING',
    message: 'no instance called end is running',
  });
});

const NAMES = [
  { name: 'a', isFine: true },
  { name: 'my-cluster-2', isFine: true },
  { name: 'x'.repeat(40), isFine: true },
  { name: 'x'.repeat(41), isFine: false },
  { name: '', isFine: false },
  { name: '-a', isFine: false },
  { name: 'a-', isFine: false },
  { name: 'A', isFine: false },
  { name: 'a.b', isFine: false },
  { name: '../a', isFine: false },
  { name: 'a/b', isFine: false },
  { name: 'a\n', isFine: false },
] as const;
for (const { name, isFine } of NAMES) {
  t.test(`socketPath() ${isFine ? 'takes' : 'refuses'} ${JSON.stringify(name)}`, async (t) => {
    const folder = ownRuntime(t);
    if (isFine) t.equal(socketPath(name), join(folder.path, 'podlane', `${name}.sock`));
    else t.throws(() => socketPath(name), { code: 'ERR_NAME' });
  });
}

t.test(
  'controlFolder() without a runtime folder is one of the user in the temporary folder',
  async (t) => {
    const folder = ownRuntime(t);
    const before = process.env['TMPDIR'];
    t.teardown(() => {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    });
    process.env['TMPDIR'] = folder.path;
    for (const runtime of ['', undefined]) {
      if (runtime === undefined) delete process.env['XDG_RUNTIME_DIR'];
      else process.env['XDG_RUNTIME_DIR'] = runtime;
      t.equal(controlFolder(), join(folder.path, `podlane-${process.getuid?.()}`));
      t.equal(statSync(controlFolder()).mode & 0o777, 0o700);
    }
  },
);

const OPEN_MODES = [0o755, 0o770, 0o711, 0o701, 0o777, 0o740];
for (const mode of OPEN_MODES) {
  t.test(`controlFolder() refuses a folder of mode ${mode.toString(8)}`, async (t) => {
    const { path } = ownRuntime(t);
    mkdirSync(join(path, 'podlane'));
    chmodSync(join(path, 'podlane'), mode);
    t.throws(() => controlFolder(), { code: 'ERR_CONTROL_FOLDER', message: /open to other users/ });
  });
}

t.test('controlFolder() refuses what is no folder of its own', async (t) => {
  const { path } = ownRuntime(t);
  using elsewhere = createFolder();
  chmodSync(elsewhere.path, 0o700);
  symlinkSync(elsewhere.path, join(path, 'podlane'));
  t.throws(() => controlFolder(), { code: 'ERR_CONTROL_FOLDER' }, 'a link that somebody laid');
});
