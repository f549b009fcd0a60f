/** Corefiles: heaps of words, kubeadm's with damage, and plugins with options that may or may not exist. */
import { kubeadmCorefile, PLUGINS } from '../../../src/dns/index.ts';
import type { Dice } from '../target.ts';

const WORDS = [
  '.',
  'a.test',
  '{',
  '}',
  '\n',
  ' ',
  ',',
  '"',
  '\\',
  '#',
  'import',
  '(s)',
  's',
  '{$PORT}',
  '{%X%}',
  'log',
  'cache',
  'tls://',
  'grpc://',
  ':53',
  '10.0.0.0/9',
  '2001:db8::/33',
  '\r',
  '*',
  '\uFEFF',
  'import *',
  'é',
];

/** Words in any order. */
export function generateWords(dice: Dice): string {
  return dice
    .list(40, () =>
      dice.once(5) ? dice.octets(dice.below(4)).toString('latin1') : dice.pick(WORDS),
    )
    .join('');
}

const KUBEADM = kubeadmCorefile();

/** The Corefile of kubeadm, changed in a few places. */
export function generateDamaged(dice: Dice): string {
  let text = KUBEADM;
  for (let left = dice.between(1, 5); left > 0; left -= 1) {
    const at = dice.below(text.length + 1);
    const end = dice.once(2) ? at : Math.min(text.length, at + dice.below(20));
    text = text.slice(0, at) + (dice.once(3) ? '' : dice.pick(WORDS)) + text.slice(end);
  }
  return text;
}

/** Options of all plugins, so that each meets those of the others as well. */
const OPTIONS =
  `success denial prefetch serve_stale serve_stale_policy servfail disable keepttl policy max_fails expire max_concurrent
  prefer_udp force_tcp except health_check tls_servername next next_on_nodata failover stop continue name type class ttl
  rcode edns0 cname answer auto prefix suffix substring regex exact value local replace set append unset match additional
  authority ederror fallthrough to pods insecure verified disabled namespaces labels namespace_labels endpoint_pod_names
  noendpoints ignore empty_service multicluster zonal startup_timeout apex headless allow block filter drop net reload
  no_reverse round_robin weighted prefer consolidate stacktrace show_first lameduck monitor until-ready continuously
  translate_all allow_ipv4 query response clear aa ra rd expr read write idle client_auth combined version`.split(
    /\s+/,
  );
const VALUES = [
  '0',
  '1',
  '-1',
  '30',
  '99999999999999999999',
  '1.5',
  '10s',
  '1h30m',
  '-5s',
  '1x',
  '10%',
  '*',
  '.',
  'a.test',
  'A.TEST.',
  '..',
  'a..b',
  'cluster.local',
  'in-addr.arpa',
  '10.0.0.0/8',
  '10.0.0.0/33',
  '2001:db8::/32',
  '::1',
  '127.0.0.1',
  '256.1.1.1',
  'IN',
  'ANY',
  'A',
  'TYPE65535',
  'NXDOMAIN',
  'BANANA',
  '(.*)',
  '(',
  '[a-',
  '{1}',
  '"{{ .Name }} 60 IN A 10.0.0.1"',
  '"{{ .Name"',
  '"{{ if }}"',
  '"{type} {>id} {/a/b} {common}"',
  '"client_ip() == \'10.0.0.1\'"',
  '"1 +"',
  'error',
  'all',
  'true',
  '""',
  '@kubernetes',
  '0xff',
  'é',
];

/** Plugins whose set-up stays in this process; names of hosts, say, would be looked up. */
const SET_UP = PLUGINS.filter(({ name, load }) => load !== undefined && name !== 'forward').map(
  ({ name }) => name,
);

/** Blocks of plugins with options and values by chance. */
export function generatePlugins(dice: Dice): string {
  const words = (max: number): string =>
    dice.list(max, () => (dice.once(3) ? dice.pick(OPTIONS) : dice.pick(VALUES))).join(' ');
  const lines = Array.from({ length: dice.between(1, 4) }, () => {
    const head = `  ${dice.pick(SET_UP)} ${words(4)}`;
    if (dice.once(3)) return head;
    const inner = dice.list(4, () => `    ${dice.pick(OPTIONS)} ${words(4)}`);
    return [`${head} {`, ...inner, '  }'].join('\n');
  });
  return [
    `${dice.pick(['.', 'a.test', 'cluster.local 10.0.0.0/24', 'tls://.:853'])} {`,
    ...lines,
    '}',
    '',
  ].join('\n');
}
