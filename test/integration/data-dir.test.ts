/** State that outlives the process: what was acknowledged is there again, whatever ended it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createSeededRandom } from '../../src/cluster/seeded-random.ts';
import { createApiClient, type ApiClient } from '../harness/api-client.ts';
import {
  createFolder,
  run,
  startProgram,
  uniqueName,
  upArguments,
  type Folder,
  type Program,
} from '../harness/instance.ts';
import { app, manifest } from '../harness/manifests.ts';

/** How often the loaded program is killed; the full measure is 50. */
const KILLS = Number(process.env['PODLANE_KILLS'] ?? 12);
t.setTimeout(300_000);
const CLIENTS = 6;
const NAMES = 24;
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

function startOn(data: Folder, ...args: readonly string[]): Promise<Program> {
  const api = ['--api', '127.0.0.1:0', '--nodes', '1', '--data-dir', join(data.path, 'state')];
  return startProgram({ args: [...api, ...args] });
}

function clientOf({ status }: Program): ApiClient {
  return createApiClient(status.api?.kubeconfig ?? '', CLIENTS);
}

/** What every name may hold: one value when its last write was answered, two after one that was not. */
type Expected = Map<string, readonly (string | undefined)[]>;

interface Load {
  readonly api: ApiClient;
  readonly expected: Expected;
  readonly random: () => number;
  /** Called for each answer with the revision it tells of. */
  readonly onAnswer: (revision: number) => void;
}

/** Creates, updates and deletes ConfigMaps until the connection breaks. */
async function writeUntilKilled(load: Load, own: readonly string[]): Promise<void> {
  const { api, expected, random, onAnswer } = load;
  for (let turn = 0; turn < 100_000; turn += 1) {
    const name = own[Math.floor(random() * own.length)] ?? '';
    const before = expected.get(name)?.[0];
    const after = before !== undefined && random() < 0.3 ? undefined : `${random()}`;
    expected.set(name, [before, after]);
    try {
      const { object } = await write(api, { name, before, after });
      onAnswer(Number(object.metadata.resourceVersion ?? 0));
      expected.set(name, [after]);
    } catch {
      // The program was killed before it answered.
      return;
    }
  }
}

interface Write {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

function write(api: ApiClient, { name, before, after }: Write): ReturnType<ApiClient['ask']> {
  if (after === undefined) return api.ask('DELETE', `${CONFIG_MAPS}/${name}`);
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { v: after } };
  return before === undefined
    ? api.ask('POST', CONFIG_MAPS, object)
    : api.ask('PUT', `${CONFIG_MAPS}/${name}`, object);
}

t.test(`no acknowledged write is lost when the program is killed ${KILLS} times`, async (t) => {
  t.setTimeout(300_000);
  using data = createFolder();
  const random = createSeededRandom(7);
  const expected: Expected = new Map();
  let highest = 0;
  let answers = 0;
  for (let life = 0; life <= KILLS; life += 1) {
    await using program = await startOn(data);
    using api = clientOf(program);
    const { object } = await api.ask('GET', CONFIG_MAPS);
    const found = new Map(
      object.items?.map(({ metadata, data: own }) => [metadata.name, own?.['v']]),
    );
    const lost = [...expected].filter(([name, values]) => !values.includes(found.get(name)));
    t.same(lost, [], `life ${life}: every acknowledged write is there`);
    t.ok(Number(object.metadata.resourceVersion) >= highest, `life ${life}: no revision went back`);
    for (const name of expected.keys()) expected.set(name, [found.get(name)]);
    if (life === KILLS) break;
    let left = 10 + Math.floor(random() * 100);
    const onAnswer = (revision: number): void => {
      highest = Math.max(highest, revision);
      answers += 1;
      left -= 1;
      if (left === 0) program.child.kill('SIGKILL');
    };
    const load = { api, expected, random, onAnswer };
    const shares = Array.from({ length: CLIENTS }, (_, client) =>
      Array.from({ length: NAMES / CLIENTS }, (__, index) => `m-${client}-${index}`),
    );
    await Promise.all(shares.map((own) => writeUntilKilled(load, own)));
  }
  t.ok(answers >= KILLS * 10, `${answers} writes were acknowledged`);
});

t.test('Pods that had ended are as they were after a restart', async (t) => {
  using data = createFolder();
  const pod = (name: string, script: string): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', script] }],
    },
  });
  using files = createFolder({
    'all.yaml': manifest(pod('good', 'echo bye'), pod('bad', 'exit 3')),
  });
  const statuses = async (program: Program): Promise<string> =>
    (await program.run('get', 'pods', '-o', 'jsonpath={.items[*].status}')).stdout;
  const first = await startOn(data, files.path);
  let before = await statuses(first);
  while (!before.includes('Succeeded') || !before.includes('Failed'))
    before = await statuses(first);
  await first.end();
  await first[Symbol.asyncDispose]();
  await using second = await startOn(data, files.path);
  t.equal(await statuses(second), before);
  t.same(second.status.pods.unready.length, 1, 'the one that failed');
});

t.test(
  'a restart goes on with addresses, Pods and revisions, and with the files as they are now',
  async (t) => {
    using data = createFolder();
    using files = createFolder({ 'all.yaml': manifest(app('web'), app('old')) });
    const addresses = async (program: Program): Promise<string> =>
      (
        await program.run(
          'get',
          'pods',
          '-l',
          'app=web',
          '-o',
          'jsonpath={.items[*].metadata.uid} {.items[*].status.podIP}',
        )
      ).stdout;
    const first = await startOn(data, files.path);
    const [pods, service] = [await addresses(first), clusterIpOf(first, 'web')];
    let revision = '';
    {
      using api = clientOf(first);
      const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' } };
      revision = (await api.ask('POST', CONFIG_MAPS, made)).object.metadata.resourceVersion;
    }
    await first.end('SIGKILL');
    await first[Symbol.asyncDispose]();
    writeFileSync(join(files.path, 'all.yaml'), manifest(app('web'), app('new')));
    await using second = await startOn(data, files.path);
    t.equal(await addresses(second), pods, 'the same Pods with the same addresses');
    t.equal(clusterIpOf(second, 'web'), service);
    t.same(
      second.status.services.map(({ name }) => name).filter((name) => /^(old|new|web)$/.test(name)),
      ['new', 'web'],
      'what left the files has gone',
    );
    using api = clientOf(second);
    t.equal((await api.ask('GET', `${CONFIG_MAPS}/kept`)).status, 200, 'what no file had stays');
    const watched = await api.ask(
      'GET',
      `${CONFIG_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=1`,
    );
    t.match(watched.object, { type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'later' } };
    const later = await api.ask('POST', CONFIG_MAPS, made);
    t.ok(Number(later.object.metadata.resourceVersion) > Number(revision));
  },
);

function clusterIpOf({ status }: Program, service: string): string | undefined {
  return status.services.find(({ name }) => name === service)?.clusterIPs[0];
}

const REFUSALS = [
  {
    name: 'a file in the place of the folder',
    arrange: (folder: Folder) => folder.write('state', 'not a folder'),
    said: /state cannot hold the state: /,
  },
  {
    name: 'a file that is no database',
    arrange: (folder: Folder) => folder.write('state/podlane.sqlite', 'x'.repeat(4096)),
    said: /podlane\.sqlite is no state of podlane: it is damaged \(file is not a database\)/,
  },
] as const;

for (const { name, arrange, said } of REFUSALS)
  t.test(`--data-dir refuses ${name}`, async (t) => {
    using folder = createFolder();
    arrange(folder);
    const args = [...upArguments(uniqueName()), '--data-dir', join(folder.path, 'state')];
    const outcome = await run(args, { env: { XDG_RUNTIME_DIR: folder.path } });
    t.equal(outcome.code, 5);
    t.match(outcome.stderr, said);
  });

t.test('--data-dir refuses the folder of an instance that runs, and other ranges', async (t) => {
  using data = createFolder();
  const program = await startOn(data);
  const again = (...more: readonly string[]) =>
    run([...upArguments(uniqueName()), '--data-dir', join(data.path, 'state'), ...more], {
      env: { XDG_RUNTIME_DIR: data.path },
    });
  const refused = await again();
  t.equal(refused.code, 5);
  t.match(refused.stderr, /state belongs to another instance that runs\n/);
  {
    using api = clientOf(program);
    const made = await api.ask('POST', '/api/v1/namespaces/default/services', {
      metadata: { name: 'web' },
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] },
    });
    t.equal(made.status, 201);
  }
  await program.end('SIGTERM');
  await program[Symbol.asyncDispose]();
  const unfit = await again('--node-ports', '31000-31999');
  t.equal(unfit.code, 2);
  t.match(unfit.stderr, /does not fit the ranges of this instance: .*not in the valid range/);
});
