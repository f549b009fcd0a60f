/** What is published works: built, packed, installed into an empty folder, and started from there. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { doorOf, get, podAt, reachOf } from '../harness/clients.ts';
import { createFolder, ROOT, run, startProgram } from '../harness/instance.ts';
import { app, manifest } from '../harness/manifests.ts';
import { claimRanges } from '../harness/ranges.ts';

const call = promisify(execFile);

/** What makes npm unable to install on a machine without a registry; anything else is a failure. */
const NO_REGISTRY =
  /ENOTCACHED|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|E40[13]|ERR_SOCKET_TIMEOUT/;

const folder = createFolder({
  'empty/package.json': '{ "private": true, "allowScripts": { "node": true } }\n',
  'manifests/web.yaml': manifest(app('web', { replicas: 2 })),
});
t.teardown(() => folder[Symbol.dispose]());
const staging = join(folder.path, 'staging');
const empty = join(folder.path, 'empty');
const env = { ...process.env, npm_config_audit: 'false', npm_config_fund: 'false' };
/** The test runner puts a loader of its own into every child's options, and the compiler cannot be loaded through it. */
const PLAIN = ['-u', 'NODE_OPTIONS'];

/** The package as `npm publish` makes it, of a copy, so that nobody's `dist` is in use. @returns the tarball. */
async function pack(): Promise<string> {
  for (const name of [
    'package.json',
    'README.md',
    'LICENSE',
    'NOTICE',
    'CHANGELOG.md',
    'data',
    'fixtures',
    'scripts',
    'src',
    'tsconfig.json',
    'tsconfig.build.json',
  ])
    cpSync(join(ROOT, name), join(staging, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(staging, 'node_modules'));
  await call('env', [...PLAIN, 'npm', 'run', 'build'], { cwd: staging }).catch((error: unknown) => {
    const { stdout } = error as { stdout: string }; // execFile's own; the compiler says there what is wrong
    throw new Error(`it does not build:\n${stdout}`, { cause: error });
  });
  const { stdout } = await call('npm', ['pack', '--ignore-scripts', '--json'], {
    cwd: staging,
    env,
  });
  const [{ filename } = { filename: '' }] = JSON.parse(stdout) as { filename: string }[]; // npm's own report
  return join(staging, filename);
}

async function install(tarball: string): Promise<string | undefined> {
  const args = ['install', '--prefer-offline', '--no-save', tarball];
  try {
    await call('npm', args, { cwd: empty, env, timeout: 45_000 });
    return undefined;
  } catch (error) {
    const { stderr = '', killed } = error as { stderr?: string; killed?: boolean }; // execFile's own
    if (killed === true || NO_REGISTRY.test(stderr))
      return `npm cannot install here: ${stderr.split('\n').find((line) => line.startsWith('npm error')) ?? 'it takes too long'}`;
    throw error;
  }
}

t.test('the packed package runs from an empty folder', async (t) => {
  const missing = await install(await pack());
  if (missing !== undefined) {
    t.plan(0, missing);
    return;
  }
  const home = join(empty, 'node_modules/podlane');
  const top = readdirSync(home);
  for (const name of ['dist', 'data', 'fixtures', 'LICENSE', 'NOTICE', 'README.md', 'package.json'])
    t.ok(top.includes(name), name);
  for (const name of ['src', 'test', 'bench', 'scripts', 'node_modules'])
    t.notOk(top.includes(name), name);
  t.ok(existsSync(join(empty, 'node_modules/.bin/podlane')), 'the command is linked');

  const main = join(home, 'dist/cli/main.js');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  }; // our own
  t.match((await run(['version'], { main, cwd: empty })).stdout, `podlane ${version} (`);

  await using program = await startProgram({
    ranges: await claimRanges(),
    main,
    cwd: empty,
    // A thread is a file of its own.
    args: [join(folder.path, 'manifests'), '--dns-workers', '2'],
  });
  t.match(await podAt(reachOf(program.status, 'web')), /^web-/);
  t.equal((await get(doorOf(program.status, 'http'))).status, 404);
  t.match(
    (await program.run('explain', 'deploy/web -> http://web')).stdout,
    /answered by pod default\/web-/,
  );
  t.match((await program.run('get', 'pods')).stdout, /^NAME .*\nweb-/);
  t.equal((await program.run('down')).code, 0);

  const types = join(home, 'dist/index.d.ts');
  t.match(readFileSync(types, 'utf8'), /createCluster/, 'types for embedders');
  folder.write(
    'empty/embed.mjs',
    `import { createCluster } from 'podlane';
await using cluster = await createCluster({ dns: 'off', http: 'off', https: 'off', entry: 'off', hasAliases: false });
await cluster.settled();
console.log(cluster.store.list('Node').length);
`,
  );
  const embedded = await call(process.execPath, [join(empty, 'embed.mjs')], { cwd: empty });
  t.equal(embedded.stdout, '3\n', 'the library is exported');
});
