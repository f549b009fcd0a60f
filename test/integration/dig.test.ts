/** `podlane dig` beside dig itself, and programs of glibc that know nothing of podlane. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { client, doorOf, lacks } from '../harness/clients.ts';
import { createFolder, startProgram } from '../harness/instance.ts';
import { app, manifest } from '../harness/manifests.ts';

const COREFILE = `.:53 {
  nsid podlane
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods verified
    fallthrough in-addr.arpa ip6.arpa
  }
  transfer cluster.local {
    to *
  }
  file typed.test typed.test
  template ANY ANY example.org {
    match ^m[.]
    answer "{{.Name}} 60 IN MX 10 mail.example.org."
    answer "{{.Name}} 60 IN SOA ns.example.org. host.example.org. 1 7200 3661 86400 0"
    answer "averyveryverylongnameindeed.example.org. 3600000 IN CAA 0 issue \\"ca\\""
  }
}
`;

const TYPED = `@ 60 IN SOA ns.typed.test. host.typed.test. 1 7200 3600 86400 60
@ 60 IN NS ns.typed.test.
a 60 IN HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1
a 60 IN DS 370 13 2 ${'BE743599'.repeat(8)}
a 60 IN SSHFP 4 2 ${'01234567'.repeat(8)}
a 60 IN TLSA 3 1 1 ${'D2ABDE24'.repeat(8)}
a 60 IN NAPTR 100 10 "S" "SIP+D2U" "" _sip._udp.typed.test.
a 60 IN URI 10 1 "ftp://ftp.typed.test/public"
a 60 IN CAA 0 issue "ca.typed.test"
`;
const TYPES = ['HTTPS', 'DS', 'SSHFP', 'TLSA', 'NAPTR', 'URI', 'CAA'] as const;

const folder = createFolder({
  'typed.test': TYPED,
  Corefile: COREFILE,
  'all.yaml': manifest(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    app('web', { replicas: 2 }),
    app('api', { namespace: 'shop' }),
  ),
});
const program = await startProgram({
  args: [
    '--dns-upstream',
    'off',
    '--corefile',
    join(folder.path, 'Corefile'),
    join(folder.path, 'all.yaml'),
  ],
});
t.teardown(async () => {
  await program[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
const dns = doorOf(program.status, 'dns');
const AT = [`@${dns.address}`, '-p', String(dns.port)];

/** What two runs never have in common, and dig's remark on `.local`. */
function common(text: string): string {
  return text
    .replace(/^; <<>>.*$/m, '; <<>>')
    .replaceAll(/\bid: \d+/g, 'id')
    .replaceAll(/(Query time:| in) \d+/g, '$1')
    .replaceAll(/WHEN: .*/g, 'WHEN')
    .replaceAll(/;; WARNING: \.local is reserved.*\n.*leaked to DNS\n/g, '');
}

const LINES = [
  'web.default.svc.cluster.local',
  'm.example.org ANY +noedns',
  'm.example.org ANY +multiline +nsid',
  'nosuch.cluster.local web.default.svc.cluster.local +nottlid',
  '+short m.example.org ANY +identify',
  '+noall +answer +nottlid m.example.org ANY',
  '+noall +answer +nottlid +noclass m.example.org ANY',
  '+noall +answer +authority +comments nosuch.cluster.local',
  'web.default.svc.cluster.local +norecurse +dnssec +subnet=10.0.0.0/8 +noclass',
  'SRV _http._tcp.web.default.svc.cluster.local AAAA web.default.svc.cluster.local +tcp',
  'cluster.local AXFR +noall +answer',
  'cluster.local AXFR',
  '-x 10.96.0.1 +nostats',
  '-x 10.96 +nocmd',
  '+nocomments web.default.svc.cluster.local',
  '-c CH -t TXT version.bind',
  'web +search +domain=default.svc.cluster.local +showsearch +ndots=2',
  ...TYPES.map((type) => `a.typed.test ${type} +noall +answer`),
];
t.test('podlane dig prints what dig prints', { skip: lacks('dig') }, async (t) => {
  const version = await client('dig', ['-v']);
  if (!/9\.(?:18|2\d)/.test(version.stderr + version.stdout)) {
    t.comment('another dig, with other columns');
    return;
  }
  for (const line of LINES) {
    const words = line.split(' ');
    const theirs = await client('dig', [...AT, '+nocookie', ...words]);
    const ours = await program.run('dig', ...AT, ...words);
    t.equal(common(ours.stdout), common(theirs.stdout), line);
    t.equal(ours.code, theirs.code, line);
    t.match(ours.stdout, /\S/, line);
  }
});

t.test('dig +trace-search tells each query and how to need fewer', async (t) => {
  const { code, stdout } = await program.run(
    'dig',
    '--as',
    'shop/api',
    'web.default',
    '+trace-search',
  );
  t.equal(code, 0);
  t.match(stdout, /\n1 +web\.default\.shop\.svc\.cluster\.local\. +A +NXDOMAIN +[\d.]+ ms\n/);
  t.match(
    stdout,
    /4 queries, 2 of them in vain, [\d.]+ ms in all: found as web\.default\.svc\.cluster/,
  );
  t.match(stdout, /fewer queries:\n;; +write "web\.default\.svc\.cluster\.local\."/);
  const json = await program.run(
    'dig',
    '--as',
    'shop/api',
    'web.default',
    '+trace-search',
    '+json',
  );
  t.match(JSON.parse(json.stdout), { exchanges: { length: 4 }, walk: { ndots: 5 } });
});

t.test('dig says why nobody answers, and exits with 3', async (t) => {
  const { code, stdout, stderr } = await program.run(
    'dig',
    '--as',
    'shop/api',
    '@10.244.99.99',
    'web',
  );
  t.equal(code, 3);
  t.match(
    stdout,
    /communications error to 10\.244\.99\.99#53: host unreachable[^]*no servers could be/,
  );
  t.match(
    stderr,
    /no running Pod has the address[^]*podlane explain 'shop\/api -> 10\.244\.99\.99:53'/,
  );
});

t.test('resolv-conf prints a file that resolvers read', async (t) => {
  const { stdout } = await program.run('resolv-conf', 'api', '-n', 'shop');
  t.match(
    stdout,
    /^search shop\.svc\.cluster\.local svc\.cluster\.local cluster\.local[^]*nameserver 10\.96\.0\.10\noptions ndots:5\n$/,
  );
  const host = await program.run('resolv-conf', 'shop/api', '--host');
  t.match(host.stdout, /nameserver 127\.0\.0\.1\n/);
  t.match(host.stderr, /warning.*resolv\.conf has no word for a port/);
});

/** A program sees `resolv.conf` of its own in namespaces of its own, and podlane on port 53 there. */
const IN_NAMESPACE = `
set -e
ip link set lo up
mount --bind "$1/resolv.conf" /etc/resolv.conf
mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf
export XDG_RUNTIME_DIR="$1"
mkfifo "$1/ready"
"$2" "$3" up -o json --name glibc --dns 127.0.0.1:53 --http off --https off --entry off --no-aliases \\
  --dns-upstream off "$1/all.yaml" >"$1/ready" &
trap 'kill $! && wait $! || :' EXIT
exec 3<"$1/ready"
read -r line <&3
"$2" "$3" resolv-conf --name glibc shop/api --host >/etc/resolv.conf
getent hosts api
getent hosts web.default
getent hosts 10.96.0.1
if getent hosts nosuch; then exit 9; fi
`;

function lacksNamespaces(): string | false {
  const probe = spawnSync(
    'unshare',
    ['-rnm', 'sh', '-c', 'ip link set lo up && mount --bind /etc/hosts /etc/resolv.conf'],
    {
      encoding: 'utf8',
    },
  );
  if (probe.status === 0) return lacks('getent');
  return `no user, network and mount namespaces here: ${probe.error?.message ?? probe.stderr.trim()}`;
}

t.test(
  'a program of glibc resolves names of the cluster, unmodified',
  { skip: lacksNamespaces() },
  async (t) => {
    using files = createFolder({
      'resolv.conf': '',
      'nsswitch.conf': 'hosts: files dns\n',
      'all.yaml': manifest(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
        app('web'),
        app('api', { namespace: 'shop' }),
      ),
    });
    const main = join(import.meta.dirname, '../../src/cli/main.ts');
    const words = ['-rnm', 'bash', '-c', IN_NAMESPACE, 'bash', files.path, process.execPath, main];
    const { code, stdout, stderr } = await client('unshare', words);
    t.equal(code, 0, stderr);
    t.match(stdout, /^10\.\S+ +api\.shop\.svc\.cluster\.local\n/m, 'by the search path');
    t.match(stdout, /^10\.\S+ +web\.default\.svc\.cluster\.local\n/m, 'another namespace');
    t.match(stdout, /^10\.96\.0\.1 +kubernetes\.default\.svc\.cluster\.local\n/m, 'a reverse name');
  },
);
