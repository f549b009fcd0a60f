/** Files change under a running instance, and what clients see follows. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { get, podAt, podsAt, reachOf, untilRefused } from '../harness/clients.ts';
import { createFolder, startProgram, type Program } from '../harness/instance.ts';
import { app, DRAINING, manifest, service } from '../harness/manifests.ts';
import { claimRanges } from '../harness/ranges.ts';

const ranges = await claimRanges();

/** Waits until a Deployment is as wanted, by the cluster's own word. */
async function untilReady(program: Program, name: string, replicas: number): Promise<void> {
  await using watching = program.start('get', 'deploy', name, '-w', '--no-headers');
  await watching.until(
    'stdout',
    new RegExp(`^${name} +${replicas}/${replicas} +${replicas} `, 'm'),
  );
}

t.test('a saved change is applied, and what left the file goes', async (t) => {
  using folder = createFolder({ 'all.yaml': manifest(app('web'), app('old')) });
  await using program = await startProgram({ ranges, args: [folder.path] });
  const [web, old] = [reachOf(program.status, 'web'), reachOf(program.status, 'old')];
  t.match(await podAt(old), /^old-/);
  folder.write('all.yaml', manifest(app('web', { replicas: 3 })));
  await program.until('stderr', /deployment\/web configured\n/i);
  await program.until('stderr', /service\/old deleted\n/i);
  await untilReady(program, 'web', 3);
  t.equal((await podsAt(web, { count: 3 })).size, 3);
  t.ok(await untilRefused(old));
  t.equal((await program.run('get', 'svc', 'old')).code, 2);
  t.notMatch(program.stderr(), /service\/web/i, 'what did not change is not named');
});

t.test('a broken file is reported with its place and leaves what runs', async (t) => {
  using folder = createFolder({ 'web.yaml': manifest(app('web')), 'more.yaml': '# nothing yet\n' });
  await using program = await startProgram({ ranges, args: [folder.path] });
  const web = reachOf(program.status, 'web');
  const pod = await podAt(web);
  folder.write(
    'web.yaml',
    'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: 0}]\n',
  );
  await program.until('stderr', /web\.yaml:5:\d+: .*spec\.ports\[0\]\.port: Invalid value: 0/);
  await program.until('stderr', /nothing was applied: what runs goes on as it was\n/);
  folder.write('more.yaml', 'a: [\n');
  // One broken file does not hide the other.
  await program.until('stderr', /more\.yaml:2:\d+: [^]*web\.yaml:5:\d+: /);
  t.equal(await podAt(web), pod);
  folder.write('more.yaml', manifest(app('more')));
  folder.write('web.yaml', manifest(app('web', { replicas: 2 })));
  await program.until('stderr', /deployment\/web configured\n/i);
  await untilReady(program, 'web', 2);
  await untilReady(program, 'more', 1);
  t.equal((await podsAt(web, { count: 2 })).size, 2);
});

t.test('files that come, go and are saved by renaming are followed', async (t) => {
  using folder = createFolder({ 'sub/web.yaml': manifest(app('web')) });
  await using program = await startProgram({ ranges, args: [folder.path] });
  folder.write('new/deep/api.yaml', manifest(app('api')));
  await program.until('stderr', /service\/api created\n/i);
  await untilReady(program, 'api', 1);
  const api = reachOf(await program.statusNow(), 'api');
  t.match(await podAt(api), /^api-/);
  folder.write('.web.yaml.swp', manifest(app('web', { replicas: 2 })));
  renameSync(join(folder.path, '.web.yaml.swp'), join(folder.path, 'sub/web.yaml'));
  await program.until('stderr', /deployment\/web configured\n/i);
  await untilReady(program, 'web', 2);
  folder.remove('new');
  await program.until('stderr', /service\/api deleted\n/i);
  t.ok(await untilRefused(api));
});

t.test('what was made by hand stays, and a later save sets back what was scaled', async (t) => {
  using folder = createFolder({ 'web.yaml': manifest(app('web')) });
  await using program = await startProgram({ ranges, args: [folder.path] });
  using hand = createFolder({ 'hand.yaml': manifest(app('hand')) });
  t.equal((await program.run('apply', '-f', join(hand.path, 'hand.yaml'))).code, 0);
  t.equal((await program.run('scale', 'deploy/web', '--replicas', '3')).code, 0);
  await untilReady(program, 'web', 3);
  // As it is, as `kubectl apply` of the same file does.
  folder.write('web.yaml', manifest(app('web')));
  await untilReady(program, 'web', 1);
  folder.write('web.yaml', manifest(app('web', { replicas: 2 })));
  await untilReady(program, 'web', 2);
  await untilReady(program, 'hand', 1);
});

t.test('with --no-watch and --watch=false nothing is followed', async (t) => {
  for (const flag of ['--no-watch', '--watch=false']) {
    using folder = createFolder({ 'web.yaml': manifest(app('web')) });
    using other = createFolder({ 'two.yaml': manifest(app('two')) });
    await using program = await startProgram({ ranges, args: [flag, folder.path] });
    folder.write('web.yaml', manifest(app('web', { replicas: 2 })));
    // A whole round through the instance, which a follower would have used.
    t.equal((await program.run('apply', '-f', join(other.path, 'two.yaml'))).code, 0);
    await untilReady(program, 'two', 1);
    await untilReady(program, 'web', 1);
    t.equal(program.stderr(), '', flag);
  }
});

t.test('standard input holds manifests too, beside files', async (t) => {
  using folder = createFolder({ 'web.yaml': manifest(app('web')) });
  const list = { apiVersion: 'v1', kind: 'List', items: [...app('piped'), service('more')] };
  await using program = await startProgram({
    ranges,
    args: ['-', folder.path],
    input: JSON.stringify(list),
  });
  t.equal((await get(reachOf(program.status, 'piped'))).status, 200);
  t.equal((await get(reachOf(program.status, 'web'))).status, 200);
  folder.write('web.yaml', manifest(app('web', { replicas: 2 })));
  await untilReady(program, 'web', 2);
  t.equal((await get(reachOf(program.status, 'piped'))).status, 200, 'what was piped stays');
});

t.test('a changed template rolls, and no request fails meanwhile', async (t) => {
  const draining = { replicas: 3, lifecycle: DRAINING };
  using folder = createFolder({ 'web.yaml': manifest(app('web', draining)) });
  await using program = await startProgram({ ranges, args: [folder.path] });
  const web = reachOf(program.status, 'web');
  const before = await podsAt(web, { count: 3 });
  const rolled = new AbortController();
  const statuses: number[] = [];
  const client = (async () => {
    while (!rolled.signal.aborted) statuses.push((await get(web)).status);
  })();
  folder.write('web.yaml', manifest(app('web', { ...draining, image: 'example.org/app:2' })));
  await program.until('stderr', /deployment\/web configured\n/i);
  await using watching = program.start('get', 'pods', '-w', '-o', 'json');
  for (const pod of before)
    await watching.until(
      'stdout',
      new RegExp(`"type":"DELETED","object":\\{[^\\n]*"name":"${pod}"`),
    );
  await untilReady(program, 'web', 3);
  rolled.abort();
  await client;
  t.same(new Set(statuses), new Set([200]));
  const after = await podsAt(web, { count: 3 });
  t.same(
    [...after].filter((pod) => before.has(pod)),
    [],
  );
});
