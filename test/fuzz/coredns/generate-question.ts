/** Queries as clients send them, and as they should not. */
import {
  encodeMessage,
  OPCODE,
  TYPE,
  type Edns,
  type EdnsOption,
  type Message,
} from '../../../src/dns/index.ts';
import type { Dice } from '../target.ts';
import { HOSTNAMES, NAMES, NAMESPACES, PORT_NAMES } from './generate-world.ts';

export interface Asked {
  readonly bytes: Buffer;
  readonly transport: 'udp' | 'tcp';
  /** Of the client. */
  readonly from: string;
}

const CLIENTS = ['127.0.0.1', '127.0.0.1', '127.0.0.2', '127.0.0.3'];
const TYPES = [
  TYPE.A,
  TYPE.A,
  TYPE.A,
  TYPE.AAAA,
  TYPE.AAAA,
  TYPE.SRV,
  TYPE.SRV,
  TYPE.TXT,
  TYPE.PTR,
  TYPE.NS,
  TYPE.SOA,
  TYPE.CNAME,
  TYPE.MX,
  255,
  13,
  43,
  48,
  65,
  64,
  35,
  65_280,
  257,
];
const ZONES = [
  'cluster.local.',
  'cluster.local.',
  'cluster.local.',
  'clusterset.local.',
  'example.org.',
];
const OTHERS = [
  '.',
  'local.',
  'arpa.',
  'in-addr.arpa.',
  '10.in-addr.arpa.',
  'www.example.org.',
  'chain.example.org.',
  'missing.example.org.',
  'empty.example.org.',
  'fail.example.org.',
  'refused.example.org.',
  'big.example.org.',
  'many.example.org.',
  'alias.example.org.',
  'mx.example.org.',
  'example.org.',
  'corp.test.',
  'www.corp.test.',
  'ent.corp.test.',
  'alias.corp.test.',
  'out.corp.test.',
  'a.wild.corp.test.',
  'sub.corp.test.',
  'x.sub.corp.test.',
  'legacy.corp.test.',
  'printer.corp.test.',
  'one.corp.test.',
  'two.corp.test.',
  'db.corp.test.',
  'db2.corp.test.',
  'ip-2-7.tmpl.test.',
  'cn.tmpl.test.',
  'tmpl.test.',
  'a.b.tmpl.test.',
  'a.nx.test.',
  'localhost.',
  'a.localhost.',
  '1.0.0.127.in-addr.arpa.',
  '0.in-addr.arpa.',
  'web.prod.svc.cluster.local.svc.cluster.local.',
  'www.example.org.prod.svc.cluster.local.',
  'www.example.org.default.svc.cluster.local.',
  'ext.test.',
  'version.bind.',
  'hostname.bind.',
  'authors.bind.',
  'id.server.',
  '70.2.0.192.in-addr.arpa.',
  '0.7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.',
];

export function generateQuestion(dice: Dice): Asked {
  const message = generateMessage(dice);
  const bytes = encodeMessage(message);
  if (dice.once(100)) bytes.writeUInt16BE(dice.below(3), 4);
  return { bytes, transport: dice.once(8) ? 'tcp' : 'udp', from: dice.pick(CLIENTS) };
}

function generateMessage(dice: Dice): Message {
  const edns = dice.once(3) ? generateEdns(dice) : undefined;
  const question = {
    name: respell(dice, generateName(dice)),
    type: dice.pick(TYPES),
    class: classOf(dice),
  };
  return {
    id: dice.below(65_536),
    flags: {
      isResponse: dice.once(100),
      opcode: dice.once(40) ? dice.below(16) : OPCODE.QUERY,
      isAuthoritative: dice.once(50),
      isTruncated: dice.once(50),
      isRecursionDesired: !dice.once(5),
      isRecursionAvailable: dice.once(50),
      isAuthentic: dice.once(10),
      isCheckingDisabled: dice.once(10),
      rcode: dice.once(60) ? dice.below(16) : 0,
    },
    questions: dice.once(60) ? [question, question] : [question],
    answers: [],
    authority: [],
    additional: [],
    ...(edns && { edns }),
  };
}

function classOf(dice: Dice): number {
  return dice.once(12) ? dice.pick([3, 4, 254, 255, 2]) : 1;
}

function generateEdns(dice: Dice): Edns {
  return {
    udpSize: dice.pick([0, 100, 512, 513, 1232, 4096, 65_535]),
    version: dice.once(15) ? dice.between(1, 255) : 0,
    isDnssecOk: dice.once(3),
    options: dice.once(3) ? dice.list(2, () => generateOption(dice)) : [],
  };
}

function generateOption(dice: Dice): EdnsOption {
  return dice.pick([
    { code: 3, data: Buffer.alloc(0) },
    { code: 8, data: Buffer.from('000118007f0000', 'hex') },
    { code: 10, data: dice.octets(8) },
    { code: 11, data: Buffer.alloc(0) },
  ]);
}

/** 0x20. */
function respell(dice: Dice, name: string): string {
  if (!dice.once(5)) return name;
  return name.replaceAll(/[a-z]/g, (letter) => (dice.once(2) ? letter.toUpperCase() : letter));
}

function generateName(dice: Dice): string {
  if (dice.once(3)) return dice.pick(OTHERS);
  if (dice.once(6)) return generateReverse(dice);
  const zone = dice.pick(ZONES);
  const service = dice.once(15) ? dice.pick(['*', 'any', 'no-such', '-']) : dice.pick(NAMES);
  const namespace = dice.once(12) ? dice.pick(['*', 'any', 'nowhere']) : dice.pick(NAMESPACES);
  const host = dice.pick([
    dice.pick(HOSTNAMES),
    `10-${dice.pick([96, 244])}-0-${dice.between(0, 12)}`,
    `pod-${dice.between(1, 4)}`,
    dice.pick(['fd00--1', 'fd00-1--', '--ffff-0-1', '2001-db8-0-1--a', 'east', 'west']),
  ]);
  const port = dice.pick([...PORT_NAMES, 'no', '*']);
  const protocol = dice.pick(['tcp', 'udp', 'sctp', 'TCP', '*', 'foo']);
  const own = `${service}.${namespace}.svc.${zone}`;
  return dice.pick([
    own,
    own,
    own,
    `_${port}._${protocol}.${own}`,
    `_${port}._${protocol}.${own}`,
    `${port}.${protocol}.${own}`,
    `_${protocol}.${own}`,
    `${host}.${own}`,
    `${host}.${dice.pick(['east', 'west', 'x'])}.${own}`,
    `${host}.${namespace}.pod.${zone}`,
    `${namespace}.svc.${zone}`,
    `${namespace}.pod.${zone}`,
    `${dice.pick(['svc', 'pod', 'dns', 'dns-version', 'ns.dns', 'a.dns-version', 'x'])}.${zone}`,
    zone,
    `${service}.${namespace}.ext.test.`,
    `${dice.pick(['prod', 'ns1.dns', 'ns1.top', 'top', 'x'])}.ext.test.`,
    `_${port}._${protocol}.${service}.${namespace}.ext.test.`,
    `${service}.${dice.pick(['plain', 'auto', 'reauto', 'v', 'corp'])}.test.`,
    `${service}.${namespace}.${dice.pick(['plain', 'auto'])}.test.`,
    `${service}-${namespace}.re.test.`,
    `alias-b.${namespace}.svc.${zone}`,
    `au-eb.${namespace}.svc.${zone}`,
    `${service}.corp.svc.${zone}`,
  ]);
}

function generateReverse(dice: Dice): string {
  return dice.pick([
    `${dice.between(0, 12)}.0.${dice.pick([96, 244])}.10.in-addr.arpa.`,
    `${dice.between(1, 9)}.113.0.203.in-addr.arpa.`,
    '0.96.10.in-addr.arpa.',
    `${dice.between(1, 9)}.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.`,
    '0.d.f.ip6.arpa.',
    '01.0.96.10.in-addr.arpa.',
    'x.0.96.10.in-addr.arpa.',
    'a.1.0.96.10.in-addr.arpa.',
  ]);
}
