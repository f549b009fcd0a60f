/** Every verb against one running instance: what it prints and how it exits. */
import { once } from 'node:events';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import type { ClusterStatus } from '../../src/index.ts';
import { createFolder, run, startProgram, type Outcome } from '../harness/instance.ts';
import { app, manifest } from '../harness/manifests.ts';

/**
 * Stands in for the Pods of `slow`: sends the head of an answer and then nothing. `/now` is answered, `/STATUS/URL` with
 * that status and place, `/tell` with what was asked.
 */
const slow = createServer((request, response) => {
  const { url = '', method, headers } = request;
  const [, status, place] = /^\/(\d{3})\/(.*)$/.exec(url) ?? [];
  const type = headers['content-type'] === undefined ? '' : ' form';
  if (url === '/now') response.end('now');
  else if (url === '/tell')
    response.end(`${method}${headers.authorization ? ' known' : ''}${type}\n`);
  else if (status === undefined) response.write('half of ');
  else response.writeHead(Number(status), { location: place, 'x-by': 'slow' }).end(`${status}\n`);
});
slow.listen(0, '127.0.0.1');
await once(slow, 'listening');
const { port: slowPort } = slow.address() as { port: number }; // it listens on TCP

const folder = createFolder({
  'all.yaml': manifest(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    app('web', { replicas: 2 }),
    app('api', { namespace: 'shop' }),
    app('slow'),
    app('nobody', { replicas: 0 }),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web' },
      spec: {
        rules: [
          {
            host: 'web.example.org',
            http: {
              paths: [
                {
                  path: '/a',
                  pathType: 'Prefix',
                  backend: { service: { name: 'web', port: { number: 80 } } },
                },
                {
                  path: '/nobody',
                  pathType: 'Prefix',
                  backend: { service: { name: 'nobody', port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
  ),
});
const program = await startProgram({
  args: ['--dns-upstream', 'off', '--pod', `deploy/slow=127.0.0.1:${slowPort}`, folder.path],
});
t.teardown(async () => {
  await program[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
  slow.closeAllConnections();
  slow.close();
});

/** Runs a verb that must do well and say nothing on stderr. */
async function data(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await program.run(...args);
  t.same({ args, code, stderr }, { args, code: 0, stderr: '' });
  return stdout;
}

interface Failure {
  readonly args: readonly string[];
  readonly code: number;
  readonly stderr: RegExp;
  readonly stdout?: RegExp;
}

const FAILURES: readonly Failure[] = [
  { args: ['get', 'nosuch'], code: 2, stderr: /doesn't have a resource type "nosuch"/ },
  { args: ['get', 'pod', 'nosuch'], code: 2, stderr: /pods "nosuch" not found/ },
  {
    args: ['get', 'svc', '-o', 'xml'],
    code: 2,
    stderr: /unknown output format "xml"[^]*Formats: wide/,
  },
  { args: ['get', 'svc', '-l', 'a in ('], code: 2, stderr: /unable to parse requirement/ },
  {
    args: ['get', 'svc', '--field-selector', 'bad=1'],
    code: 2,
    stderr: /field label not supported/,
  },
  { args: ['get', 'svc/web', 'pod/x'], code: 2, stderr: /mixes types/ },
  { args: ['get', 'svc', '--allnamespaces'], code: 2, stderr: /unknown option/ },
  { args: ['describe', 'svc', 'nosuch'], code: 2, stderr: /services "nosuch" not found/ },
  {
    args: ['describe', 'svc', '-n', 'kube-public'],
    code: 2,
    stderr: /no svc in namespace kube-public/,
  },
  { args: ['get', 'pods', 'a', '-l', 'app=web'], code: 2, stderr: /exclude each other/ },
  { args: ['get', 'pods', 'a', '-A'], code: 2, stderr: /cannot be named across all namespaces/ },
  { args: ['get', 'pods', '-o', 'jsonpath={.items[99]}'], code: 2, stderr: /index 99/ },
  { args: ['describe', 'pod', 'nosuch'], code: 2, stderr: /pods "nosuch" not found/ },
  { args: ['explain', 'nosuch -> http://web'], code: 2, stderr: /there is no Pod "nosuch"/ },
  {
    args: ['explain', 'deploy/wbe -> http://web'],
    code: 2,
    stderr: /Did you mean "deploy\/web"\?/,
  },
  { args: ['dig', '-n', 'shop', '--as', 'deploy/apo', 'x'], code: 2, stderr: /"deploy\/api"\?/ },
  { args: ['dig', '--as', 'shop/deploy/apo', 'x'], code: 2, stderr: /"shop\/deploy\/api"\?/ },
  {
    args: ['explain', 'deploy/web -> http://wbe.default'],
    code: 3,
    stderr: /^$/,
    stdout: /unknown host\. Did you mean "web\.default"\?\n$/,
  },
  { args: ['scale', 'deploy/web', '--replicas', '-1'], code: 2, stderr: /takes a whole number/ },
  { args: ['scale', 'deploy/web', '--replicas=-1'], code: 2, stderr: /takes a whole number/ },
  { args: ['resolv-conf', 'deploy/wbe'], code: 2, stderr: /Did you mean "deploy\/web"\?/ },
  {
    args: ['explain', 'http://web', '-o', 'yaml'],
    code: 2,
    stderr: /unknown output format "yaml"/,
  },
  { args: ['explain', 'http://web:99999'], code: 2, stderr: /is no URL, name or address/ },
  {
    args: ['explain', 'deploy/web -> http://nosuch'],
    code: 3,
    stderr: /^$/,
    stdout: /clients see an unknown host\n$/,
  },
  {
    args: ['explain', 'deploy/web -> http://web:81'],
    code: 3,
    stderr: /^$/,
    stdout: /has no port 81\/TCP: the client's connection is refused\n$/,
  },
  { args: ['explain', 'http://nobody'], code: 3, stderr: /^$/, stdout: /connection is refused\n$/ },
  {
    args: ['explain', 'http://web.example.org/b'],
    code: 3,
    stderr: /^$/,
    stdout: /the ingress itself answers 404\n$/,
  },
  {
    args: ['explain', 'http://web.example.org/nobody'],
    code: 3,
    stderr: /^$/,
    stdout: /port 80 has no ready endpoint: the client gets 503\n$/,
  },
  {
    args: ['dig', 'nosuch.default.svc.cluster.local'],
    code: 0,
    stderr: /^$/,
    stdout: /status: NXDOMAIN/,
  },
  {
    args: ['dig', 'web.default.svc.cluster.local', 'AAAA'],
    code: 0,
    stderr: /^$/,
    stdout: /ANSWER: 0/,
  },
  { args: ['dig', 'www.example.org'], code: 0, stderr: /^$/, stdout: /status: REFUSED/ },
  { args: ['dig', 'web', '+shrot'], code: 2, stderr: /unknown option \+shrot[^]*"\+short"/ },
  {
    args: ['dig', '@10.244.99.99', 'web'],
    code: 3,
    stderr: /no running Pod/,
    stdout: /no servers/,
  },
  { args: ['resolv-conf', 'nosuch'], code: 2, stderr: /there is no Pod "nosuch"/ },
  { args: ['dig', '-t', 'BANANA', 'x'], code: 2, stderr: /"BANANA" is no type of record/ },
  { args: ['dig', '--as', 'nosuch', 'web'], code: 2, stderr: /there is no Pod "nosuch"/ },
  { args: ['curl', 'http://nosuch'], code: 3, stderr: /^curl: .*no such name[^]*podlane explain / },
  { args: ['curl', 'http://web:81'], code: 3, stderr: /^curl: .*no port 81\/TCP/ },
  { args: ['curl', '-s', 'http://web:81'], code: 3, stderr: /^$/ },
  { args: ['curl', 'http://nobody'], code: 3, stderr: /^curl: / },
  { args: ['curl', '--as', 'nosuch', 'http://web'], code: 2, stderr: /there is no Pod "nosuch"/ },
  { args: ['curl', 'ftp://web'], code: 2, stderr: /scheme "ftp:" is not http or https/ },
  { args: ['curl', '--nosuch', 'http://web'], code: 2, stderr: /unknown option --nosuch/ },
  {
    args: ['curl', '-m', '0.3', 'http://slow/'],
    code: 3,
    stderr: /^curl: .*timed out/,
    stdout: /^half of $/,
  },
  {
    args: ['scale', 'deploy/nosuch', '--replicas', '2'],
    code: 2,
    stderr: /deployments.apps "nosuch" not found/,
  },
  {
    args: ['scale', 'svc/web', '--replicas', '2'],
    code: 2,
    stderr: /service\/web cannot be scaled/,
  },
  { args: ['scale', 'deploy/web', '--replicas', '-1'], code: 2, stderr: /--replicas/ },
  { args: ['delete', 'pod', 'nosuch'], code: 2, stderr: /pods "nosuch" not found/ },
  {
    args: ['apply', '-f', '/nonexistent/x.yaml'],
    code: 4,
    stderr: /no such file or folder[^]*nothing was applied/,
  },
  { args: ['status', '-o', 'xml'], code: 2, stderr: /unknown output format "xml"/ },
];
for (const { args, code, stderr, stdout = /^$/ } of FAILURES) {
  t.test(`${args.join(' ')} exits ${code} and says why`, async (t) => {
    const outcome = await program.run(...args);
    t.match(outcome, { code, stderr, stdout });
    t.notMatch(outcome.stderr, /defect|\n +at /);
  });
}

t.test('get lists with the columns of kubectl', async (t) => {
  const pods = (await data('get', 'pods')).split('\n');
  t.match(pods[0], /^NAME +READY +STATUS +RESTARTS +AGE$/);
  t.match(pods.slice(1, 4), [/^slow-.* 1\/1 +Running +0 +\d+s$/, /^web-.* 1\/1 +Running/, /^web-/]);
  t.match(
    await data('get', 'pods', '-A'),
    /^NAMESPACE +NAME [^]*\nkube-system +coredns-[^]*\nshop +api-/,
  );
  t.match(
    await data('get', 'pods', '-o', 'wide', '--no-headers'),
    /^slow-.* 10\.244\.\d+\.\d+ +node-\d /,
  );
  t.equal(await data('get', 'svc', 'web', '-o', 'name'), 'service/web\n');
  t.equal(
    await data('get', 'deploy', '-l', 'app!=x', '-o', 'name'),
    ['nobody', 'slow', 'web'].map((name) => `deployment.apps/${name}\n`).join(''),
  );
  t.match(await data('get', 'svc,deploy'), /service\/web [^]*\n\n[^]*deployment.apps\/web /);
});

t.test('get prints JSON and YAML, one object bare and several as a List', async (t) => {
  const one = JSON.parse(await data('get', 'svc/web', '-o', 'json')) as Record<string, unknown>; // of the program
  t.match(one, { kind: 'Service', metadata: { name: 'web' } });
  const all = JSON.parse(await data('get', 'svc', '-o', 'json')) as Record<string, unknown>; // of the program
  t.match(all, { kind: 'List', items: [{ kind: 'Service' }, {}, {}, {}] });
  t.match(
    await data('get', 'svc', 'web', '-o', 'yaml'),
    /^apiVersion: v1\nkind: Service\nmetadata:\n {2}name: web\n/,
  );
});

t.test('get prints what a template asks for, sorted and chosen', async (t) => {
  t.equal(await data('get', 'svc', 'web', '-o', 'jsonpath={.spec.ports[0].port}'), '80');
  const names = 'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}';
  t.equal(await data('get', 'svc', '-l', 'nosuch=1', '-o', names), '');
  const columns = 'custom-columns=NAME:.metadata.name,PORT:.spec.ports[*].port';
  t.match(
    await data('get', 'svc', '-A', '-o', columns, '--sort-by', '{.metadata.name}'),
    /^NAME +PORT\napi +80\nkube-dns +53,53,9153\nkubernetes +443\n/,
  );
  t.match(await data('get', 'pods', '--show-labels', '-l', 'app=web'), / LABELS\n[^\n]* app=web,/);
  t.match(await data('get', 'pods', '-L', 'app', '-l', 'app=web'), / APP\n[^\n]* web\n/);
  t.match(
    await data(
      'get',
      'pods',
      '--field-selector',
      'status.phase=Running',
      '-l',
      'app=web',
      '-o',
      'name',
    ),
    /^(pod\/web-[^\n]+\n){2}$/,
  );
});

t.test('describe takes the beginning of a name, as kubectl does', async (t) => {
  const text = await data('describe', 'pod', 'web-');
  t.equal(text.match(/^Name: +web-/gm)?.length, 2);
  t.match(await data('describe', 'pods', '-l', 'app=slow'), /^Name: +slow-/);
});

t.test('get of nothing says so on stderr and is no failure', async (t) => {
  t.match(await program.run('get', 'pods', '-n', 'kube-public'), {
    code: 0,
    stdout: '',
    stderr: 'No resources found in kube-public namespace.\n',
  });
  t.match(await program.run('get', 'cronjobs', '-A'), { code: 0, stderr: 'No resources found.\n' });
});

t.test('get -w tells what is there, then every change, and ends with 130 at Ctrl-C', async (t) => {
  await using watching = program.start('get', 'deploy', 'web', '-w');
  await watching.until('stdout', /^NAME .*\nweb +2\/2 /);
  t.match(await program.run('scale', 'deploy/web', '--replicas', '3'), {
    code: 0,
    stdout: 'deployment/web scaled\n',
  });
  await watching.until('stdout', /\nweb +3\/3 /);
  const { code, stdout, stderr } = await watching.end('SIGINT');
  t.match({ code, stderr }, { code: 130, stderr: '' });
  t.equal(stdout.match(/^NAME/gm)?.length, 1, 'one head');
  await data('scale', 'deploy/web', '--replicas', '2');
});

t.test('get -w -o json tells the kind of each change', async (t) => {
  await using watching = program.start('get', 'configmap', '-n', 'shop', '-w', '-o', 'json');
  using files = createFolder({
    'c.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: watched, namespace: shop}\n',
  });
  await data('apply', '-f', join(files.path, 'c.yaml'));
  await watching.until('stdout', /"name":"watched"/);
  await data('delete', 'cm/watched', '-n', 'shop');
  const text = await watching.until('stdout', /"type":"DELETED"/);
  const changes = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; object: { metadata: { name: string } } }); // of the program
  t.same(
    changes.filter(({ object }) => object.metadata.name === 'watched').map(({ type }) => type),
    ['ADDED', 'DELETED'],
  );
  await watching.end();
});

t.test('describe tells a Service, a Pod and an Ingress', async (t) => {
  t.match(
    await data('describe', 'svc', 'web'),
    /^Name: +web\n[^]*Endpoints: +10\.244\.\d+\.\d+:8080,10\./,
  );
  t.match(await data('describe', 'pods', '-n', 'shop'), /Status: +Running\n[^]*Events:/);
  t.match(await data('describe', 'ingress/web'), /web\.example\.org\n +\/a \(Prefix\) +web:80/);
});

t.test('explain tells each step as text and as JSON', async (t) => {
  const text = await data('explain', 'deploy/web -> http://api.shop/x');
  t.match(text, /^default\/web-[a-z0-9-]+ -> http:\/\/api\.shop\/x\n/);
  for (const part of ['dns', 'service', 'endpoints', 'pick', 'connect', 'policy', 'pod'])
    t.match(text, new RegExp(`^ {2}${part} +[✓✗·] `, 'm'));
  t.match(text, /\nanswered by pod shop\/api-[a-z0-9-]+: HTTP 200 OK\n$/);
  const result = JSON.parse(
    await data('explain', 'deploy/web', '->', 'http://api.shop/x', '-o', 'json'),
  ) as { steps: object[] }; // of the program
  t.match(result, {
    from: /^default\/web-/,
    to: 'http://api.shop/x',
    verdict: 'answered',
    summary: /^answered by pod shop\/api-/,
  });
  t.ok(result.steps.length > 6);
  t.match(await data('explain', 'http://web.example.org/a'), /route +✓ host web\.example\.org/);
  t.match(await data('explain', '-n', 'shop', 'deploy/api -> http://api'), /^shop\/api-/);
});

t.test('explain of a host on a port that the ingress does not have is no route', async (t) => {
  const { code, stdout } = await program.run('explain', 'http://web.example.org:99/a');
  t.equal(code, 3);
  t.notMatch(stdout, /route/);
});

t.test('dig prints as dig does', async (t) => {
  t.match(await data('dig', 'web.default.svc.cluster.local', '+short'), /^10\.\d+\.\d+\.\d+\n$/);
  t.match(
    await data('dig', '@10.96.0.10', '_http._tcp.web.default.svc.cluster.local', 'SRV'),
    /status: NOERROR[^]*\n;; ANSWER SECTION:\n_http\._tcp\.web\.default\.svc\.cluster\.local\. \d+ IN\tSRV 0 100 80 web\.default[^]*\n;; SERVER: 10\.96\.0\.10#53\(10\.96\.0\.10\) \(UDP\)/,
  );
  t.match(await data('dig', '--as', 'shop/api', '+search', 'api', '+short'), /^10\./);
  t.match(
    await data('dig', '-x', '10.96.0.1', '+short'),
    /^kubernetes\.default\.svc\.cluster\.local\.\n$/,
  );
});

t.test('curl sends as a Node or a Pod, with the options of curl', async (t) => {
  const pod = (text: string): string => (JSON.parse(text) as { pod: string }).pod; // the echo workload's answer
  t.match(pod(await data('curl', 'http://web')), /^web-/);
  t.match(pod(await data('curl', '--as', 'shop/api', 'api')), /^api-/);
  t.match(await data('curl', '-i', 'http://web/'), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n\{/);
  t.match(await data('curl', '-I', 'http://web/'), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
  const posted = JSON.parse(
    await data('curl', '-XPOST', '-H', 'X-A: 1', '-d', 'a=1', 'http://web/p?q=2'),
  ) as object; // the echo workload's answer
  t.match(posted, {
    method: 'POST',
    path: '/p?q=2',
    headers: { 'x-a': '1', 'content-length': '3' },
  });
  using files = createFolder();
  t.equal(await data('curl', '-s', '-o', join(files.path, 'out'), 'http://slow/now'), '');
});

/** What podlane's curl and curl itself print on stdout, and how they exit. */
const CURLS: readonly (readonly [args: readonly string[], stdout: string, code: number])[] = [
  [['http://slow/404/'], '404\n', 0],
  [['-f', 'http://slow/404/'], '', 22],
  [['-f', 'http://slow/tell'], 'GET\n', 0],
  [['--fail-with-body', 'http://slow/500/'], '500\n', 22],
  [['-w', '%{http_code}\\n', 'http://slow/404/'], '404\n404\n', 0],
  [['-f', '-w', '%{http_code} %{size_download} %{exitcode}', 'http://slow/404/'], '404 0 22', 22],
  [['-o/dev/null', '-w', '%{response_code} 100%% %{method}\\t|', 'slow/now'], '200 100% GET\t|', 0],
  [
    ['-w', '|%header{X-By}|%{redirect_url}|%{num_redirects}', 'http://slow/302//now'],
    '302\n|slow|http://slow/now|0',
    0,
  ],
  [['-L', 'http://slow/302//tell'], 'GET\n', 0],
  [
    ['-L', '-w', '%{num_redirects} %{url_effective}', 'http://slow/301//302//now'],
    'now2 http://slow/now',
    0,
  ],
  [['-L', '-d', 'a=1', 'http://slow/301//tell'], 'GET\n', 0],
  [['-L', '-d', 'a=1', 'http://slow/303//tell'], 'GET\n', 0],
  [['-L', '-d', 'a=1', 'http://slow/307//tell'], 'POST form\n', 0],
  [['-L', '-X', 'PUT', 'http://slow/302//tell'], 'PUT\n', 0],
  [['-L', '-u', 'a:b', 'http://slow/302//tell'], 'GET known\n', 0],
  [['-L', '-u', 'a:b', 'http://slow/302/http://slow.default/tell'], 'GET\n', 0],
  [['-L', '--max-redirs', '1', 'http://slow/302//302//now'], '', 47],
  [['-L', 'http://slow/302/file:///etc/hostname'], '', 1],
  [['-L', '-f', 'http://slow/302//404/'], '', 22],
];
const CURL = ['/usr/bin/curl', '/usr/local/bin/curl'].find((path) => existsSync(path));
for (const [args, stdout, code] of CURLS) {
  t.test(`curl ${args.join(' ')}`, async (t) => {
    t.match(await program.run('curl', ...args), { stdout, code });
    if (CURL === undefined) return;
    const { address, port } = program.status.entry ?? {};
    const entry = ['-s', '-x', `socks5h://${address}:${port}`];
    const outcome = await new Promise<object>((resolve) => {
      const child = execFile(CURL, [...entry, ...args], (_, said) =>
        resolve({ stdout: said, code: child.exitCode }),
      );
    });
    t.match(outcome, { stdout, code }, 'as curl itself');
  });
}

t.test('curl tells what it makes of failures', async (t) => {
  const failing = await program.run('curl', '-f', 'http://slow/404/');
  t.equal(failing.stderr, 'curl: (22) The requested URL returned error: 404\n');
  const quiet = await program.run('curl', '-sf', 'http://slow/404/');
  t.equal(quiet.stderr, '');
  const shown = await program.run('curl', '-sSf', 'http://slow/404/');
  t.match(shown.stderr, /^curl: \(22\)/);
  const lost = await program.run('curl', '-s', '-w', '%{http_code}', 'http://web:81');
  t.match(lost, { code: 3, stdout: /^000$/, stderr: '' });
  const unknown = await program.run('curl', '-w', '%{nosuch}|', 'http://slow/now');
  t.match(unknown, {
    code: 0,
    stdout: /^now\|$/,
    stderr: /unknown --write-out variable: 'nosuch'/,
  });
  const heads = await data('curl', '-iL', 'http://slow/302//now');
  t.match(heads, /^HTTP\/1\.1 302 Found\r\n[^]*\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nnow$/);
});

t.test('curl reaches the hosts of Ingresses from outside, as a Pod it does not', async (t) => {
  const { code, stdout, stderr } = await program.run('curl', '-v', 'http://web.example.org/a?b');
  t.equal(code, 0, stderr);
  t.match(JSON.parse(stdout), { pod: /^web-/, headers: { 'x-forwarded-for': '127.0.0.1' } });
  t.match(
    stderr,
    /^\* web\.example\.org is a host of an Ingress: sent to the ingress at 127\.0\.0\.1:\d+, from outside\n> GET \/a\?b HTTP\/1\.1\n[^]*\n< HTTP\/1\.1 200 OK\n/,
  );
  const { port } = program.status.ingress?.http ?? {};
  t.match(await data('curl', `http://web.example.org:${port}/a`), /"pod": "web-/);
  t.match(await data('curl', '-H', 'Host: web.example.org', `http://127.0.0.1:${port}/a`), /"web-/);
  const asPod = await program.run('curl', '--as', 'deploy/web', 'http://web.example.org/a');
  t.match(asPod, { code: 3, stderr: /no such name as default\/web-/ });
});

t.test('status tells the same as up did', async (t) => {
  const now = JSON.parse(await data('status', '-o', 'json')) as ClusterStatus; // of the program
  t.same(now.dns, program.status.dns);
  t.same(
    now.services.map(({ name }) => name),
    program.status.services.map(({ name }) => name),
  );
  const text = await data('status');
  t.match(text, new RegExp(`^podlane .* · ${program.name} · `));
  t.match(text, /NAMESPACE +SERVICE +TYPE +CLUSTER-IP +REACH IT AT +ENDPOINTS\n/);
  t.match(text, /\nDNS +dig @127\.0\.0\.1 -p \d+ /);
});

t.test('apply prints what it did, and nothing twice', async (t) => {
  using files = createFolder({ 'new.yaml': manifest(app('fresh')) });
  const file = join(files.path, 'new.yaml');
  t.equal(await data('apply', '-f', file), 'service/fresh created\ndeployment/fresh created\n');
  t.equal(await data('apply', '-f', file), 'service/fresh unchanged\ndeployment/fresh unchanged\n');
  files.write('new.yaml', manifest(app('fresh', { replicas: 2 })));
  t.match(await data('apply', file), 'deployment/fresh configured\n');
  t.equal(await data('delete', 'deploy/fresh'), 'deployment/fresh deleted\n');
  t.equal((await program.run('get', 'deploy', 'fresh')).code, 2);
});

t.test(
  'apply reads standard input and puts objects into the namespace that -n names',
  async (t) => {
    const { code, stdout } = await run(['apply', '--name', program.name, '-n', 'shop', '-f', '-'], {
      env: program.env,
      input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: piped}\n',
    });
    t.match({ code, stdout }, { code: 0, stdout: 'configmap/piped created\n' });
    t.equal(await data('get', 'cm', 'piped', '-n', 'shop', '-o', 'name'), 'configmap/piped\n');
  },
);

t.test('apply with an error applies nothing and tells every error with its place', async (t) => {
  using files = createFolder({
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n---\nkind: Pod\n',
    'b.yaml': manifest(app('bad', { service: { ports: [{ port: 70_000 }] } })),
  });
  const { code, stdout, stderr } = await program.run('apply', '-f', files.path);
  t.match({ code, stdout }, { code: 4, stdout: '' });
  t.match(stderr, /error: .*a\.yaml:5:1: .*apiVersion/);
  t.match(stderr, /error: .*b\.yaml:\d+:\d+: Service default\/bad: .*70000/);
  t.match(stderr, /nothing was applied\n$/);
  t.equal((await program.run('get', 'cm', 'good')).code, 2);
});

t.test('a command that is still watching hears the end of the instance', async (t) => {
  await using other = await startProgram();
  await using watching = other.start('get', 'svc', '-A', '-w');
  await watching.until('stdout', /kube-dns/);
  t.equal((await other.run('down')).code, 0);
  const { code, stderr }: Outcome = await watching.ended;
  t.match({ code, stderr }, { code: 5, stderr: /^error: the instance .* has ended/ });
});
