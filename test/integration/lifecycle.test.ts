/** The program starts, is stopped in every way, and starts again. */
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ClusterStatus } from '../../src/index.ts';
import { connectError, doorOf, get, reachOf, type Place } from '../harness/clients.ts';
import {
  createFolder,
  run,
  start,
  startInProcess,
  startProgram,
  uniqueName,
  upArguments,
  type Folder,
} from '../harness/instance.ts';
import { app, manifest } from '../harness/manifests.ts';
import { claimRanges } from '../harness/ranges.ts';

const ranges = await claimRanges();

/** Everything of an instance that a client can connect to over TCP. */
function places(status: ClusterStatus): readonly Place[] {
  const doors = (['dns', 'http', 'https', 'entry'] as const).map((door) => doorOf(status, door));
  const reach = status.services.flatMap(({ ports }) =>
    ports.filter(({ protocol }) => protocol === 'TCP').flatMap((port) => port.reach),
  );
  return [...doors, ...reach];
}

async function openPlaces(status: ClusterStatus): Promise<readonly Place[]> {
  const errors = await Promise.all(places(status).map(connectError));
  return places(status).filter((_, index) => errors[index] === undefined);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  t.test(`${signal} ends it with 130 and closes everything`, async (t) => {
    await using program = await startProgram({ ranges });
    t.equal((await openPlaces(program.status)).length, places(program.status).length);
    const { code, stderr } = await program.end(signal);
    t.equal(code, 130);
    t.equal(stderr, '');
    t.same(await openPlaces(program.status), []);
    t.same(readdirSync(join(program.env['XDG_RUNTIME_DIR'] ?? '', 'podlane')), []);
  });
}

t.test('a signal that comes twice at once ends it as cleanly', async (t) => {
  await using program = await startProgram();
  program.child.kill('SIGINT');
  program.child.kill('SIGTERM');
  const { code, stderr } = await program.end('SIGINT');
  t.same({ code, stderr }, { code: 130, stderr: '' });
  t.same(readdirSync(join(program.env['XDG_RUNTIME_DIR'] ?? '', 'podlane')), []);
});

t.test('down ends it with 0, and everything is closed when down returns', async (t) => {
  await using program = await startProgram({ ranges });
  const { code, stdout, stderr } = await program.run('down');
  t.same(await openPlaces(program.status), []);
  t.match({ code, stdout, stderr }, { code: 0, stdout: '', stderr: /^stopped \(pid \d+\)\n$/ });
  t.match(await program.ended, { code: 0, stderr: '' });
  const again = await program.run('down');
  t.equal(again.code, 5);
  t.match(again.stderr, /no instance called .* is running/);
});

t.test('a second Ctrl-C is not needed while standard input is read', async (t) => {
  using runtime = createFolder();
  await using running = start([...upArguments(uniqueName()), '-v', '-'], {
    env: { XDG_RUNTIME_DIR: runtime.path },
    input: 'kept open',
  });
  await running.until('stderr', /reading manifests from standard input/);
  t.equal((await running.end('SIGINT')).code, 130);
});

t.test('Ctrl-C ends a command that waits for an answer', async (t) => {
  using runtime = createFolder();
  mkdirSync(join(runtime.path, 'podlane'), { mode: 0o700 });
  // An instance that takes calls and never answers.
  const silent = createServer().listen(join(runtime.path, 'podlane', 'silent.sock'));
  await once(silent, 'listening');
  const env = { XDG_RUNTIME_DIR: runtime.path };
  for (const args of [['status'], ['get', 'pods', '-w'], ['curl', 'http://web'], ['down']]) {
    const [verb = '', ...rest] = args;
    const connected = once(silent, 'connection');
    await using running = start([verb, '--name', 'silent', ...rest], { env });
    const [socket] = (await connected) as [Socket];
    const { code, stderr } = await running.end('SIGINT');
    t.same({ args, code, stderr }, { args, code: 130, stderr: '' });
    socket.destroy();
  }
  silent.close();
});

t.test('a name that is in use is refused, before any port is looked at', async (t) => {
  await using first = await startProgram();
  const { address, port } = doorOf(first.status, 'dns');
  const second = await run(['up', '--name', first.name, '--dns', `${address}:${port}`], {
    env: first.env,
  });
  t.equal(second.code, 5);
  t.match(second.stderr, `an instance called ${first.name} is already running`);
  t.match(second.stderr, `podlane down --name ${first.name}`);
  t.equal(second.stdout, '');
  t.equal((await first.run('status')).code, 0, 'the first goes on');
});

t.test('two instances under two names live side by side', async (t) => {
  using runtime = createFolder();
  using files = createFolder({
    'one.yaml': manifest(app('one')),
    'two.yaml': manifest(app('two')),
  });
  const [one, two] = await Promise.all([
    startProgram({
      ranges,
      runtime,
      args: [join(files.path, 'one.yaml')],
    }),
    startProgram({
      ranges: await claimRanges(),
      runtime,
      args: [join(files.path, 'two.yaml')],
    }),
  ]);
  await using _one = one;
  await using _two = two;
  t.equal((await get(reachOf(one.status, 'one'))).status, 200);
  t.equal((await get(reachOf(two.status, 'two'))).status, 200);
  const [ofOne, ofTwo] = await Promise.all([
    one.run('get', 'deploy', '-o', 'name'),
    two.run('get', 'deploy', '-o', 'name'),
  ]);
  t.same([ofOne.stdout, ofTwo.stdout], ['deployment.apps/one\n', 'deployment.apps/two\n']);
  t.equal((await one.run('down')).code, 0);
  t.equal((await get(reachOf(two.status, 'two'))).status, 200, 'the other one goes on');
});

t.test('PODLANE_NAME names the instance for every verb', async (t) => {
  using runtime = createFolder();
  const name = uniqueName();
  const env = { XDG_RUNTIME_DIR: runtime.path, PODLANE_NAME: name };
  const args = upArguments(name).filter((word) => word !== '--name' && word !== name);
  await using running = start(args, { env });
  const line = await running.until('stdout', /\n/);
  t.equal((JSON.parse(line) as ClusterStatus).name, name); // printed by the program under test
  const verbs = [
    ['get', 'svc'],
    ['status'],
    ['dig', 'kubernetes.default.svc.cluster.local'],
    ['down'],
  ];
  for (const verb of verbs) t.equal((await run(verb, { env })).code, 0, verb.join(' '));
});

t.test(
  'a taken port is named with the program that holds it, and nothing is left open',
  async (t) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    t.teardown(() => holder.close());
    const { port } = holder.address() as { port: number }; // it listens on TCP
    using runtime = createFolder();
    for (const door of ['dns', 'http', 'https', 'entry']) {
      const { code, stdout, stderr } = await run(
        [...upArguments(uniqueName()), `--${door}`, `127.0.0.1:${port}`],
        { env: { XDG_RUNTIME_DIR: runtime.path } },
      );
      t.equal(code, 5, door);
      t.equal(stdout, '', door);
      t.match(stderr, new RegExp(`^error: (tcp|udp) 127\\.0\\.0\\.1:${port} is held by `), door);
      t.match(stderr, `(pid ${process.pid})`, door);
      t.match(stderr, `--${door}`, 'what to do');
      t.same(readdirSync(join(runtime.path, 'podlane')), [], `${door}: no socket is left`);
    }
  },
);

/** A Service wants the first node port, which this process holds. */
async function manifestsWithTakenPort(t: Test): Promise<Folder> {
  const { firstNodePort: nodePort } = ranges;
  const holder = createServer().listen(nodePort, '127.0.0.1');
  await once(holder, 'listening');
  t.teardown(() => holder.close());
  return createFolder({
    'web.yaml': manifest(
      app('web', { service: { type: 'NodePort', ports: [{ port: 80, nodePort }] } }),
    ),
  });
}

t.test('a taken node port is named too', async (t) => {
  const { firstNodePort: nodePort } = ranges;
  using folder = await manifestsWithTakenPort(t);
  const { code, stdout, stderr } = await run([...upArguments(uniqueName(), ranges), folder.path], {
    env: { XDG_RUNTIME_DIR: folder.path },
  });
  t.equal(code, 5);
  t.equal(stdout, '');
  t.match(
    stderr,
    new RegExp(
      `^error: service default/\\S+ wants port ${nodePort}: tcp 127\\.0\\.0\\.1:${nodePort} is held by `,
    ),
  );
  t.equal(stderr.split('is held by').length, 2, 'it is said once');
  t.match(stderr, `(pid ${process.pid})`);
  t.match(stderr, 'another nodePort');
});

t.test('a start that fails closes what is being opened meanwhile', async (t) => {
  using folder = await manifestsWithTakenPort(t);
  const serversNow = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  const before = serversNow();
  const closed = async (): Promise<void> => {
    while (serversNow() > before) await new Promise<void>((resolve) => void setImmediate(resolve));
  };
  const api = { address: '127.0.0.1', port: 0 };
  await t.rejects(startInProcess({ ranges, api, paths: [folder.path] }), {
    code: 'ERR_ADDRESS_IN_USE',
  });
  await closed();
});

t.test('what kill -9 leaves behind does not stand in the way', async (t) => {
  using runtime = createFolder();
  const name = uniqueName();
  const options = { runtime, name, ranges } as const;
  const first = await startProgram(options);
  const socket = join(runtime.path, 'podlane', `${name}.sock`);
  t.equal((await first.end('SIGKILL')).signal, 'SIGKILL');
  t.ok(existsSync(socket), 'the socket is left');
  const call = await first.run('status');
  t.equal(call.code, 5);
  t.match(call.stderr, `no instance called ${name} is running`);
  await using second = await startProgram(options);
  t.same(places(second.status).length, places(first.status).length);
  t.equal((await second.run('status')).code, 0);
  await first[Symbol.asyncDispose]();
});

t.test('a folder that others can open is refused', async (t) => {
  using runtime = createFolder();
  const folder = join(runtime.path, 'podlane');
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const { code, stderr } = await run(upArguments(uniqueName()), {
    env: { XDG_RUNTIME_DIR: runtime.path },
  });
  t.equal(code, 5);
  t.match(stderr, `folder ${folder} is open to other users`);
  t.match(stderr, `chmod 700 ${folder}`);
});

t.test('the socket and its folder are for their user alone', async (t) => {
  await using program = await startProgram();
  const folder = join(program.env['XDG_RUNTIME_DIR'] ?? '', 'podlane');
  t.equal(statSync(folder).mode & 0o777, 0o700);
  t.equal(statSync(join(folder, `${program.name}.sock`)).mode & 0o777, 0o600);
});

const BROKEN_FOLDERS = [
  {
    name: 'with a file in the way',
    make: (path: string) => {
      writeFileSync(join(path, 'podlane'), '');
      return path;
    },
  },
  {
    name: 'whose path is too long for a socket',
    make: (path: string) => join(path, 'x'.repeat(120)),
  },
] as const;
for (const { name, make } of BROKEN_FOLDERS) {
  t.test(`a runtime folder ${name} is an error that says what to do`, async (t) => {
    using runtime = createFolder();
    const { code, stderr } = await run(upArguments(uniqueName()), {
      env: { XDG_RUNTIME_DIR: make(runtime.path) },
    });
    t.equal(code, 5);
    t.match(stderr, /^error: /);
    t.match(stderr, 'XDG_RUNTIME_DIR');
    t.notMatch(stderr, /defect|\n +at /);
  });
}

const SEEDED = manifest(
  app('web', { replicas: 3 }),
  app('api', { service: { type: 'NodePort' } }),
  app('public', { service: { type: 'LoadBalancer' } }),
);

async function addresses(seed: string, text: string): Promise<unknown> {
  using folder = createFolder({ 'all.yaml': text });
  await using program = await startProgram({
    ranges,
    args: ['--seed', seed, folder.path],
  });
  const pods = await program.run('get', 'pods', '-A', '-o', 'json');
  const { items } = JSON.parse(pods.stdout) as {
    items: { metadata: { name: string }; status: { podIP: string }; spec: { nodeName: string } }[];
  }; // what kubectl's List is
  return {
    services: program.status.services.map(({ name, clusterIPs, ports }) => [
      name,
      clusterIPs,
      ports.map(({ nodePort, reach }) => [nodePort, reach]),
    ]),
    pods: items.map(({ metadata, status, spec }) => [metadata.name, status.podIP, spec.nodeName]),
  };
}

t.test(
  'the same files and seed give the same names and addresses, another seed others',
  async (t) => {
    const first = await addresses('7', SEEDED);
    t.same(await addresses('7', SEEDED), first);
    t.notSame(await addresses('8', SEEDED), first);
  },
);
