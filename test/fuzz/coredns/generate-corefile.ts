/** Corefiles that both servers take: plugins with options, in any order. */
import type { Dice } from '../target.ts';

export interface Servers {
  /** Address and port of the upstream. */
  readonly upstream: string;
  /** A folder with zone and hosts files. */
  readonly files: string;
}

type Make = (dice: Dice, servers: Servers) => string;

/** `lines` in a block, or nothing. */
function block(head: string, lines: readonly string[]): string {
  if (lines.length === 0) return head;
  return `${head} {\n${lines.map((line) => `    ${line}\n`).join('')}  }`;
}

/** Some of them, each as it is or made anew. */
function some(dice: Dice, lines: readonly string[], times = 3): readonly string[] {
  return lines.filter(() => dice.once(times));
}

/** Zone of a Service with all its ports, rewritten in every way. */
const REWRITES = [
  'name exact db.corp.test web.prod.svc.cluster.local',
  'name exact DB2.corp.test db.default.svc.cluster.local answer auto',
  'name suffix .plain.test .svc.cluster.local',
  'name suffix .auto.test .svc.cluster.local answer auto',
  'name prefix alias- we',
  'name prefix au- w answer auto',
  'name substring corp prod',
  'name substring corp prod answer auto',
  'name regex (.*)-(.*)\\.re\\.test {1}.{2}.svc.cluster.local answer name (.*)\\.(.*)\\.svc\\.cluster\\.local {1}-{2}.re.test',
  'name regex (.*)\\.reauto\\.test {1}.prod.svc.cluster.local answer auto',
  'name regex ^([a-z]+)\\.v\\.test\\.$ {1}.example.org answer value (.*)\\.example\\.org {1}.v.test',
  'continue name exact one.corp.test two.corp.test',
  'stop name exact two.corp.test web.prod.svc.cluster.local',
  'name svc.dev.svc.cluster.local db.dev.svc.cluster.local',
  'ttl exact www.example.org. 5',
  'ttl suffix .example.org 30-60',
  'ttl regex (.*)\\.prod\\.svc\\.cluster\\.local\\. 7',
  'ttl substring default 9-',
  'ttl prefix web -3',
  'type AAAA A',
  'stop type MX TXT',
  'class CH IN',
  'edns0 local set 0xffee 0x61626364',
  'edns0 local append 0xffed hello',
  'edns0 local replace 0xffec {qname}',
  'edns0 nsid set',
  'edns0 subnet set 24 56',
  'edns0 local unset 0xffee',
  'cname exact www.example.org. lb.example.org.',
  'cname suffix .example.org. web.prod.svc.cluster.local.',
  'cname regex (a).*\\.example\\.org\\.$ www.example.org.',
  'rcode exact missing.example.org. NXDOMAIN NOERROR',
  'rcode suffix .svc.cluster.local. NXDOMAIN SERVFAIL',
  'rcode substring fail 2 5',
  'rcode regex .*\\.prod\\..* NOERROR NXDOMAIN',
];

const TEMPLATES = [
  block('template IN A tmpl.test', [
    'match ^ip-(?P<a>[0-9]+)-(?P<b>[0-9]+)[.]tmpl[.]test[.]$',
    'answer "{{ .Name }} 60 IN A 192.0.{{ .Group.a }}.{{ .Group.b }}"',
    'fallthrough',
  ]),
  block('template IN AAAA tmpl.test example.org', ['rcode NOERROR']),
  block('template ANY ANY nx.test', [
    'rcode NXDOMAIN',
    'authority "nx.test. 60 IN SOA ns.nx.test. admin.nx.test. 1 2 3 4 5"',
  ]),
  block('template IN ANY tmpl.test', [
    'match "^(?P<l>[a-z]+)[.](?P<z>.*)$"',
    'answer "{{ .Name }} 60 {{ .Class }} TXT \\"{{ .Type }} {{ .Zone }} {{ index .Match 1 }}\\""',
    'additional "x.{{ .Group.z }} 5 IN A 192.0.2.1"',
  ]),
  block('template IN MX', ['answer "{{ .Name }} 60 IN MX 10 mail.{{ .Name }}"', 'ederror 21 "no"']),
  block('template IN A', [
    'match ^cn[.]tmpl[.]test[.]$',
    'answer "{{ .Name }} 60 IN CNAME www.example.org."',
    'fallthrough',
  ]),
];

const PLUGINS: readonly Make[] = [
  (dice) => `rewrite ${dice.pick(REWRITES)}`,
  (dice) => `rewrite ${dice.pick(REWRITES)}`,
  (dice) => `rewrite ${dice.pick(REWRITES)}`,
  (dice) => dice.pick(TEMPLATES),
  (dice) => dice.pick(TEMPLATES),
  (dice, { files }) =>
    block(dice.pick([`hosts ${files}/hosts`, `hosts ${files}/hosts corp.test example.org`]), [
      '192.0.2.70 legacy.corp.test Printer.corp.test',
      '192.0.2.72 *.wild.corp.test',
      '2001:db8::70 legacy.corp.test',
      '192.0.2.74 web.prod.svc.cluster.local',
      ...some(dice, ['ttl 17', 'no_reverse', 'fallthrough corp.test'], 2),
      ...some(dice, ['fallthrough'], 2),
    ]),
  (dice, { files }) =>
    block(`file ${files}/db.corp.test corp.test`, some(dice, ['fallthrough', 'reload 0'], 2)),
  (dice) =>
    block(
      `acl ${dice.pick(['', 'prod.svc.cluster.local', 'example.org corp.test'])}`.trim(),
      some(
        dice,
        [
          'allow net 127.0.0.2/32',
          'filter type AAAA SRV',
          'block type TXT net 127.0.0.0/8',
          'drop type MX',
          'block net 127.0.0.3',
          'filter net 127.0.0.3',
        ],
        2,
      ).concat('allow'),
    ),
  (dice) =>
    block(
      'dns64',
      some(dice, ['allow_ipv4', 'translate_all', 'prefix 2001:db8:64::/96']).concat('allow_ipv4'),
    ),
  (dice) =>
    block(
      'header',
      some(
        dice,
        [
          'response set aa',
          'response clear ra',
          'query clear rd',
          'query set rd',
          'response set ra',
        ],
        2,
      ).concat('response clear aa'),
    ),
  (dice) =>
    block(
      `cache ${dice.pick(['', '30', '5', '3600', '30 example.org'])}`.trim(),
      some(dice, [
        'success 100 60 10',
        'denial 100 7',
        'prefetch 2 10s 5%',
        'serve_stale',
        'servfail 0',
        'servfail 3s',
        'keepttl',
        'disable denial example.org',
        'disable success cluster.local',
      ]),
    ),
  (dice) => dice.pick(['loadbalance', 'loadbalance round_robin']),
  () => 'local',
  () => 'minimal',
  () => 'any',
  (dice) => dice.pick(['chaos TEST-1.0 alice@example.test bob', 'chaos TEST-2']),
  (dice) => dice.pick(['nsid', 'nsid some text']),
  (dice) => `bufsize${dice.pick(['', ' 512', ' 1400', ' 4096'])}`,
  (dice) => `cancel${dice.pick(['', ' 4s'])}`,
  () => 'debug',
  () => 'metadata',
  (dice) => block('timeouts', some(dice, ['read 3s', 'write 4s', 'idle 9s'], 2).concat('read 5s')),
  () => 'autopath @kubernetes',
  (dice) =>
    block(
      `k8s_external ${dice.pick(['ext.test', 'ext.test 0.96.10.in-addr.arpa'])}`,
      some(dice, ['apex top', 'ttl 11', 'headless', 'fallthrough']),
    ),
  () => 'whoami',
];

/** Options of `kubernetes`. */
function kubernetes(dice: Dice): string {
  const zones = dice.pick([
    'cluster.local in-addr.arpa ip6.arpa',
    'cluster.local in-addr.arpa ip6.arpa clusterset.local',
    'cluster.local 10.0.0.0/8',
    'Cluster.Local',
    'cluster.local example.org clusterset.local',
  ]);
  const options = some(dice, [
    dice.pick(['pods disabled', 'pods insecure', 'pods verified']),
    'endpoint_pod_names',
    dice.pick(['ttl 30', 'ttl 0', 'ttl 3600']),
    'noendpoints',
    'namespaces prod default',
    "labels 'env in (prod)'",
    'ignore empty_service',
    dice.pick([
      'fallthrough',
      'fallthrough in-addr.arpa ip6.arpa',
      'fallthrough prod.svc.cluster.local',
    ]),
  ]);
  const hasNamespaces = options.some((option) => option.startsWith('namespaces'));
  const more = hasNamespaces ? [] : some(dice, ['namespace_labels env=prod'], 5);
  const multi = zones.includes('clusterset') ? ['multicluster clusterset.local'] : [];
  return block(`kubernetes ${zones}`, ['@ENDPOINT@', ...options, ...more, ...multi]);
}

/** A Corefile with `@PORT@` and `@ENDPOINT@` in it. */
export function generateCorefile(dice: Dice, servers: Servers): string {
  const made = dice.list(4, () => dice.pick(PLUGINS)(dice, servers));
  const seen = new Set<string>();
  // Most plugins stand once in a block.
  const plugins = made.filter((text) => {
    const [name = ''] = text.split(/\s/);
    const isFirst = !seen.has(name) || name === 'rewrite' || name === 'template';
    seen.add(name);
    return isFirst;
  });
  const needs = plugins.some((text) => /^(autopath|k8s_external)/.test(text));
  if (needs || !dice.once(6)) plugins.push(kubernetes(dice));
  if (!dice.once(5)) plugins.push(`forward . ${servers.upstream}`);
  const zones = dice.pick(['.', '.', '.', 'cluster.local example.org arpa', '. cluster.local']);
  const head = zones
    .split(' ')
    .map((zone) => `${zone}:@PORT@`)
    .join(' ');
  const blocks = [serverBlock(head, plugins)];
  if (dice.once(4) && !zones.includes('example'))
    blocks.push(
      serverBlock('example.org:@PORT@', [
        dice.pick([
          'whoami',
          'errors',
          block('template IN A', ['rcode REFUSED']),
          `forward . ${servers.upstream}`,
        ]),
      ]),
    );
  return blocks.join('\n');
}

function serverBlock(head: string, plugins: readonly string[]): string {
  return `${head} {\n  bind 127.0.0.1\n${plugins.map((text) => `  ${text}\n`).join('')}}\n`;
}
