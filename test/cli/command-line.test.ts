/** What the command line says of itself, of mistakes and of this machine; nothing has to run for that. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { lacks } from '../harness/clients.ts';
import {
  createFolder,
  ROOT,
  run,
  startProgram,
  upArguments,
  uniqueName,
} from '../harness/instance.ts';
import { app, manifest } from '../harness/manifests.ts';

const runtime = createFolder();
t.teardown(() => runtime[Symbol.dispose]());
const env = { XDG_RUNTIME_DIR: runtime.path };
const MAIN = join(ROOT, 'src/cli/main.ts');
const VERBS = [
  'up',
  'down',
  'status',
  'get',
  'describe',
  'apply',
  'delete',
  'scale',
  'explain',
  'dig',
  'curl',
  'doctor',
  'completion',
  'version',
];

const MISTAKES = [
  { args: ['uo'], says: /unknown verb "uo"\n {2}Did you mean "up"\?/ },
  { args: ['descirbe', 'svc'], says: /Did you mean "describe"\?/ },
  { args: ['frobnicate'], says: /unknown verb "frobnicate"\n {2}Verbs: up down status/ },
  {
    args: ['logs', 'web'],
    says: /unknown verb "logs"\n {2}kubectl does it: `kubectl --context podlane-NAME logs/,
  },
  { args: ['exec', 'web'], says: /kubectl --context podlane-NAME exec/ },
  { args: ['port-forward', 'svc/web'], says: /kubectl --context podlane-NAME port-forward/ },
  { args: ['run', 'web'], says: /kubectl --context podlane-NAME run/ },
  { args: ['edit', 'svc/web'], says: /kubectl --context podlane-NAME edit/ },
  { args: ['rollout', 'status'], says: /kubectl --context podlane-NAME rollout/ },
  { args: ['help', 'top'], says: /unknown verb "top"\n {2}No image runs/ },
  { args: ['constructor'], says: /unknown verb "constructor"\n {2}Verbs/ },
  { args: ['help', 'upp'], says: /unknown verb "upp"\n {2}Did you mean "up"\?/ },
  { args: ['--name', 'x', 'status'], says: /the verb comes first; --name stands in its place/ },
  { args: ['up', '--dnz', 'off'], says: /unknown option '--dnz'\n {2}Did you mean "--dns"\?/ },
  { args: ['up', '--seed'], says: /option '--seed <value>' argument missing/ },
  { args: ['up', '--watch=maybe'], says: /'--watch' does not take an argument/ },
  { args: ['up', '-o', 'yaml'], says: /unknown output format "yaml"\n {2}Formats: json/ },
  { args: ['up', '--dns', '1.2.3.4'], says: /--dns takes ADDRESS:PORT or off, not "1\.2\.3\.4"/ },
  { args: ['up', '--http', '127.0.0.1:99999'], says: /--http takes ADDRESS:PORT/ },
  {
    args: ['up', '--dns', '0.0.0.0:0'],
    says: /--dns 0\.0\.0\.0:0 can be reached from other machines\n {2}Add --expose/,
  },
  { args: ['up', '--entry', '[::]:10080'], says: /--entry \[::\]:10080 [^]*--expose/ },
  { args: ['up', '--nodes', '0'], says: /--nodes takes a whole number from 1 to 200, not "0"/ },
  { args: ['up', '--seed', '1.5'], says: /--seed takes a whole number/ },
  { args: ['up', '--pod', 'web=3000'], says: /--pod takes KIND\/NAME=ADDRESS:PORT/ },
  { args: ['up', '--name', 'Bad!'], says: /"Bad!" is no name for an instance/ },
  { args: ['up', '--service-cidr', 'banana'], says: /banana is no CIDR/ },
  {
    args: ['up', '--service-cidr', '10.244.0.0/16'],
    says: /would share the loopback addresses 127\.244\.0\.0\/16/,
  },
  { args: ['up', '--node-ports', 'a-b'], says: /a-b/ },
  { args: ['up', '--dns-upstream', 'banana'], says: /"banana" is no address of a DNS server/ },
  { args: ['up', '--cluster-domain', 'no domain'], says: /"no domain"/ },
  { args: ['get'], says: /no resource named/ },
  { args: ['get', 'svc', '--name', 'Bad!'], says: /no name for an instance/ },
  { args: ['delete', 'pods'], says: /no object named/ },
  { args: ['scale', 'deploy/web'], says: /--replicas takes a whole number/ },
  { args: ['scale', 'deploy', '--replicas', '1'], says: /no object named/ },
  { args: ['apply'], says: /nothing to apply/ },
  { args: ['explain'], says: /nothing to explain[^]*podlane explain '/ },
  { args: ['explain', 'a', 'b'], says: /"a b" is not FROM -> TO/ },
  { args: ['explain', 'a', '-'], says: /"a -" is not FROM -> TO\n {2}Quote the arrow/ },
  { args: ['dig'], says: /no name to ask for/ },
  { args: ['dig', '--frob', 'x'], says: /unknown option --frob/ },
  { args: ['dig', '-x', 'x'], says: /"x" is no IP address/ },
  { args: ['curl'], says: /no URL/ },
  { args: ['completion'], says: /Shells: bash, zsh, fish/ },
  { args: ['completion', 'tcsh'], says: /no script for "tcsh"\n {2}Shells: bash, zsh, fish/ },
  { args: ['version', '-o', 'yaml'], says: /unknown output format "yaml"/ },
  { args: ['doctor', '-o', 'yaml'], says: /unknown output format "yaml"/ },
] as const;
for (const { args, says } of MISTAKES) {
  t.test(`${args.join(' ')} is a usage error with what to do`, async (t) => {
    const { code, stdout, stderr } = await run(args, { env });
    t.equal(code, 2);
    t.equal(stdout, '');
    t.match(stderr, /^error: /);
    t.match(stderr, says);
  });
}

t.test('verbs without an instance exit 5 and say how to start one', async (t) => {
  for (const args of [['status'], ['get', 'svc'], ['down'], ['dig', 'x'], ['curl', 'x']]) {
    const { code, stderr } = await run(args, { env });
    t.equal(code, 5, args.join(' '));
    t.match(stderr, /no instance called podlane is running\n {2}Start one with `podlane up DIR`/);
  }
});

t.test('help names every verb, and each verb helps with examples first', async (t) => {
  for (const args of [[], ['help'], ['--help'], ['-h']]) {
    const { code, stdout, stderr } = await run(args, { env });
    t.match({ code, stderr }, { code: 0, stderr: '' });
    for (const verb of VERBS) t.match(stdout, new RegExp(`^ {2}${verb} `, 'm'));
  }
  for (const verb of VERBS) {
    const [long, help] = await Promise.all([
      run([verb, '--help'], { env }),
      run(['help', verb], { env }),
    ]);
    t.equal(long.code, 0, verb);
    t.equal(long.stdout, help.stdout, verb);
    t.match(
      long.stdout,
      new RegExp(`\nExamples:\n {2}podlane ${verb}[^]*\nUsage:\n {2}podlane ${verb}`),
    );
  }
});

t.test('version tells the version of the package', async (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  }; // our own
  const text = await run(['version'], { env });
  t.equal(
    text.stdout,
    `podlane ${version} (node ${process.versions.node}, ${process.platform}-${process.arch})\n`,
  );
  const json = await run(['version', '-o', 'json'], { env });
  t.match(JSON.parse(json.stdout), { podlane: version, node: process.versions.node });
  t.equal((await run(['--version'], { env })).stdout, text.stdout);
});

t.test('doctor looks at this machine and finds what runs', async (t) => {
  await using program = await startProgram({ runtime });
  const { code, stdout, stderr } = await run(['doctor'], { env });
  t.match({ code, stderr }, { code: 0, stderr: '' });
  t.match(stdout, /^✓ Node \d+/);
  t.match(stdout, new RegExp(`running: .*${program.name}`));
  const json = JSON.parse((await run(['doctor', '-o', 'json'], { env })).stdout) as {
    checks: { outcome: string }[];
  }; // of the program
  t.ok(json.checks.length > 8);
  t.same(
    json.checks.filter(({ outcome }) => !['ok', 'note'].includes(outcome)),
    [],
  );
});

const SHELLS = [
  { shell: 'bash', check: ['-n'] },
  { shell: 'zsh', check: ['-n'] },
  { shell: 'fish', check: ['--no-execute'] },
] as const;
for (const { shell, check } of SHELLS) {
  t.test(`completion prints a script that ${shell} can read`, async (t) => {
    const { code, stdout } = await run(['completion', shell], { env });
    t.equal(code, 0);
    for (const verb of VERBS) t.match(stdout, verb);
    const missing = lacks(shell);
    if (missing !== false) return t.comment(`not parsed: ${missing}`);
    using folder = createFolder({ script: stdout });
    const { status, stderr } = spawnSync(shell, [...check, join(folder.path, 'script')]);
    t.match({ status, stderr: stderr.toString() }, { status: 0, stderr: '' });
  });
}

t.test(
  'completion in bash offers verbs, types and the names that run',
  {
    skip: lacks('bash'),
  },
  async (t) => {
    await using program = await startProgram();
    const { stdout: script } = await run(['completion', 'bash'], { env });
    using folder = createFolder({ 'podlane.bash': script });
    // The script calls the command by its name.
    writeFileSync(
      join(folder.path, 'podlane'),
      `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`,
      {
        mode: 0o755,
      },
    );
    const complete = (...words: string[]): readonly string[] => {
      const line = words.map((word) => `'${word}'`).join(' ');
      const text = `. ${join(folder.path, 'podlane.bash')}
COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _podlane; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = spawnSync('bash', ['--norc', '-c', text], {
        env: {
          ...process.env,
          ...program.env,
          PODLANE_NAME: program.name,
          PATH: `${folder.path}:${process.env['PATH']}`,
        },
        encoding: 'utf8',
      });
      return stdout.split('\n').filter((word) => word !== '');
    };
    t.same(complete('podlane', 'de'), ['describe', 'delete']);
    t.same(complete('podlane', 'get', 'dep'), ['deploy']);
    t.same(complete('podlane', 'describe', 'ns', 'kube-n'), ['kube-node-lease']);
    t.same(complete('podlane', 'get', 'svc', '--show'), ['--show-labels', '--show-kind']);
    t.same(complete('podlane', 'up', '--no-a'), ['--no-aliases']);
    t.same(complete('podlane', 'get', 'svc', '-n', 'kube-s'), ['kube-system']);
    t.same(complete('podlane', 'get', 'svc', '-n', 'kube-system', 'kube'), ['kube-dns']);
    t.same(complete('podlane', 'get', 'svc', '-o', 'w'), ['wide']);
    t.same(complete('podlane', 'help', 'expl'), ['explain']);
    t.same(complete('podlane', 'completion', 'z'), ['zsh']);
  },
);

const COLOURS = [
  { name: 'none without a terminal', more: {}, isColourful: false },
  { name: 'some with FORCE_COLOR', more: { FORCE_COLOR: '1' }, isColourful: true },
  { name: 'none with FORCE_COLOR=0', more: { FORCE_COLOR: '0' }, isColourful: false },
  {
    name: 'none with NO_COLOR, whatever else is set',
    more: { NO_COLOR: '1', FORCE_COLOR: '1' },
    isColourful: false,
  },
  {
    name: 'an empty NO_COLOR is none',
    more: { NO_COLOR: '', FORCE_COLOR: '1' },
    isColourful: true,
  },
] as const;
for (const { name, more, isColourful } of COLOURS) {
  t.test(`colours: ${name}`, async (t) => {
    const { stderr } = await run(['uo'], { env: { ...env, ...more } });
    // eslint-disable-next-line no-control-regex -- the escape character is what starts a colour code
    t.equal(/\u001B\[/.test(stderr), isColourful);
    t.match(stderr, /warning|unknown verb "uo"/);
  });
}

t.test('a reader that closes its pipe ends a command quietly', async (t) => {
  const pods = Array.from({ length: 2000 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `c${index}` },
    data: { text: 'x'.repeat(500) },
  }));
  using folder = createFolder({ 'many.yaml': manifest(pods) });
  await using program = await startProgram({ args: [folder.path] });
  const child = spawn(process.execPath, [MAIN, 'get', 'cm', '-o', 'json', '--name', program.name], {
    env: { ...process.env, ...program.env },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = (await closed) as [number];
  t.same({ code, stderr }, { code: 0, stderr: '' });
});

t.test('messages that nobody reads do not end an instance', async (t) => {
  using folder = createFolder({ 'web.yaml': manifest(app('web')) });
  await using program = await startProgram({ args: [folder.path] });
  program.child.stderr?.destroy();
  await using watching = program.start('get', 'cm', '-w', '-o', 'name');
  for (const name of ['one', 'two', 'three']) {
    folder.write(
      'more.yaml',
      manifest({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }),
    );
    await watching.until('stdout', new RegExp(`configmap/${name}\n`));
  }
  t.equal((await program.run('status')).code, 0);
});

t.test('up tells every error of every file with its place, and serves nothing', async (t) => {
  using folder = createFolder({
    'a.yaml':
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  ports:\n  - port: 70000\n',
    'b/b.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: B_\nspec: {containers: []}\n---\nkind: X\n',
    'c.yaml': 'apiVersion: v1\nkind: [\n',
    'good.yaml': manifest(app('good')),
  });
  const { code, stdout, stderr } = await run([...upArguments(uniqueName()), folder.path], { env });
  t.equal(code, 4);
  t.equal(stdout, '');
  for (const place of [
    /a\.yaml:7:5: .*spec\.ports\[0\]\.port: Invalid value: 70000/,
    /b\/b\.yaml:4:3: .*metadata\.name: Invalid value: "B_"/,
    /b\/b\.yaml:5:8: .*spec\.containers: Required value/,
    /b\/b\.yaml:7:1: apiVersion not set/,
    /c\.yaml:\d+:\d+: /,
  ])
    t.match(stderr, place);
  t.match(stderr, /\nerror: \d+ errors in the manifests; nothing was applied\n$/);
  t.notMatch(stderr, /good/);
});

t.test('up of a file that is not there exits 4 and says which', async (t) => {
  const { code, stdout, stderr } = await run([...upArguments(uniqueName()), 'nosuch.yaml'], {
    env,
  });
  t.match({ code, stdout }, { code: 4, stdout: '' });
  t.match(stderr, /nosuch\.yaml.*no such file or folder\n {2}Check the path/);
});

t.test('up --strict takes unknown fields for errors, else they are warnings', async (t) => {
  const text =
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - prot: 80\n    port: 80\n';
  using folder = createFolder({ 'a.yaml': text });
  const strict = await run([...upArguments(uniqueName()), '--strict', folder.path], { env });
  t.equal(strict.code, 4);
  t.match(strict.stderr, /a\.yaml:6:5: .*prot/);
  await using program = await startProgram({ args: [folder.path] });
  t.match(program.status.warnings, [{ file: /a\.yaml$/, line: 6, column: 5, message: /prot/ }]);
});
