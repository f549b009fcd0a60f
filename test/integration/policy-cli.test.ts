/** `reach`, `matrix` and `policy diff` as a person calls them, on a running instance and in memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createFolder, ROOT, run, startProgram, type Folder } from '../harness/instance.ts';

const APP = 'fixtures/reach/app';
const POLICIES = 'fixtures/reach/policies';
const EXPECTED = 'fixtures/reach/reach.yaml';
const FIXTURE = 'fixtures/conformance/policy/fixture.yaml';

/** A command of the README and the lines below it. */
function shownCommands(): readonly {
  readonly words: readonly string[];
  readonly lines: readonly string[];
}[] {
  const [, block = ''] =
    /```console\n([^]*?)```/.exec(readFileSync(join(ROOT, 'fixtures/reach/README.md'), 'utf8')) ??
    [];
  return block
    .split(/^\$ podlane /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...lines] = part.trimEnd().split('\n');
      return {
        words: command
          .replace(/\s{2,}#.*$/, '')
          .trim()
          .split(/\s+/),
        lines,
      };
    });
}

t.test('the README of fixtures/reach leads from red to green in five commands', async (t) => {
  const commands = shownCommands();
  t.equal(commands.length, 5);
  const codes: (number | null)[] = [];
  for (const { words, lines } of commands) {
    const { code, stdout } = await run(words);
    codes.push(code);
    const printed = stdout.replaceAll(/ +/g, ' ');
    for (const line of lines)
      for (const part of line.replaceAll(/ +/g, ' ').split('…'))
        t.ok(printed.includes(part), `${words.join(' ')}: ${line}`);
  }
  t.same(codes, [0, 1, 1, 0, 0]);
});

t.test('a running instance is asked as manifests are', async (t) => {
  await using program = await startProgram({ args: [APP, POLICIES] });
  const cases = [
    {
      args: ['reach', 'shop/api-0 -> shop/svc/db'],
      code: 0,
      stdout: /^✓ shop\/api-0 -> svc\/db\.shop 5432\/TCP: allowed/,
    },
    {
      args: ['reach', 'shop/web-0 -> shop/db-0 http://api/'],
      code: 3,
      stdout:
        /^✗ shop\/web-0 -> shop\/db-0 5432\/TCP: denied, .*\n.*NetworkPolicy shop\/db spec\.ingress\[0\] \(.*db\.yaml:11\)\n✓/,
    },
    { args: ['reach', '--expect', EXPECTED], code: 0, stdout: /7 of 7 expectations met/ },
    {
      args: ['matrix', '-n', 'shop', '-l', 'app in (web, db)', '-o', 'markdown'],
      code: 0,
      stdout: /\| shop\/web-0 \| ✗ \| ✓ \|/,
    },
    { args: ['matrix', '-n', 'shop', '--services', '--decide'], code: 0, stdout: /svc\/web\.shop/ },
    {
      args: ['matrix', '-n', 'shop', '-o', 'junit'],
      code: 0,
      stdout: /tests="9" failures="0" errors="0" skipped="1"/,
    },
    { args: ['reach', 'nosuch -> shop/db-0'], code: 2, stderr: /there is no Pod "nosuch"/ },
    {
      args: ['reach', 'shop/web-0 -> shop/db-0:http'],
      code: 2,
      stderr: /shop\/db-0 has no port called "http"/,
    },
    {
      args: ['matrix', '--port', '70000'],
      code: 2,
      stderr: /--port takes a number from 1 to 65535/,
    },
    { args: ['matrix', '-o', 'yaml'], code: 2, stderr: /Formats: json, junit, markdown/ },
  ];
  for (const { args, code, stdout, stderr } of cases) {
    const outcome = await program.run(...args);
    t.equal(outcome.code, code, `${args.join(' ')}\n${outcome.stdout}${outcome.stderr}`);
    if (stdout !== undefined) t.match(outcome.stdout, stdout);
    if (stderr !== undefined) t.match(outcome.stderr, stderr);
  }
});

t.test('a broken file of expectations is told with its place, by an instance too', async (t) => {
  using folder: Folder = createFolder({ 'bad.yaml': '- from: a\n  to: b\n  exect: deny\n' });
  await using program = await startProgram({ args: [APP] });
  const file = join(folder.path, 'bad.yaml');
  for (const args of [['reach'], ['matrix', '-f', APP]]) {
    const { code, stderr } = await program.run(...args, '--expect', file);
    t.equal(code, 2);
    t.match(stderr, `error: ${file}:3:3: unknown field "exect"`);
  }
  const { code, stderr } = await program.run('reach', '--expect', 'nosuch.yaml');
  t.equal(code, 2);
  t.match(stderr, '--expect nosuch.yaml: there is no such file');
});

t.test(
  'matrix makes the 9 × 9 flows of the policy fixture, those that are denied side by side',
  async (t) => {
    const nodes = ['n1', 'n2', 'n3'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
    }));
    const deny = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'deny', namespace: 'x' },
      spec: { podSelector: {}, policyTypes: ['Ingress'] },
    };
    using folder = createFolder({
      'world.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...nodes, deny] }),
    });
    for (const protocol of ['TCP', 'UDP']) {
      const { stdout } = await run([
        'matrix',
        '-A',
        '-l',
        'pod in (a, b, c)',
        '--protocol',
        protocol,
        '-o',
        'json',
        '-f',
        FIXTURE,
        '-f',
        folder.path,
      ]);
      const { rows, flows } = JSON.parse(stdout) as {
        rows: string[];
        flows: { from: string; to: string; verdict: string }[];
      }; // printed by the program under test
      t.equal(rows.length, 9);
      t.equal(flows.length, 81);
      for (const { from, to, verdict } of flows)
        t.equal(
          verdict,
          to.startsWith('x/') && from !== to ? 'denied' : 'allowed',
          `${from} -> ${to}`,
        );
    }
  },
);

t.test('policy diff tells of no change, of changes as JSON, and of wrong words', async (t) => {
  const same = await run(['policy', 'diff', '--before', APP, '--after', APP]);
  t.equal(same.code, 0);
  t.match(same.stdout, /^0 of \d+ flows change/);
  const other = await run(['policy', 'diff', '--before', APP, POLICIES, '--after', APP]);
  t.equal(other.code, 2);
  const opened = await run([
    'policy',
    'diff',
    '--before',
    APP,
    '--before',
    POLICIES,
    '--after',
    APP,
    '-n',
    'shop',
    '--port',
    'sql',
    '-o',
    'json',
  ]);
  t.equal(opened.code, 1);
  t.match(JSON.parse(opened.stdout), {
    changes: [
      {
        from: 'outside',
        to: 'shop/db-0',
        port: 5432,
        before: { verdict: 'denied', rule: /NetworkPolicy shop\/db / },
        after: { verdict: 'allowed' },
      },
      { from: /coredns/, to: 'shop/db-0' },
      { from: 'shop/web-0', to: 'shop/db-0' },
    ],
  });
  t.match(await run(['policy']), { code: 2, stderr: /what to do is missing/ });
});
