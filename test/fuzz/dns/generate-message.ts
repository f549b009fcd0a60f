/** Messages with records of every type the codec knows. */
import {
  CLASS,
  encodeMessage,
  TYPE,
  type Edns,
  type Message,
  type Rdata,
  type ResourceRecord,
} from '../../../src/dns/index.ts';
import type { Dice } from '../target.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_';
/** As the codec writes them. */
const ODD_LABELS = ['a\\.b', '\\000', 'back\\\\slash', 'semi\\;colon', '\\255', '\\ x', '*'];

/** An absolute name; some are long, some repeat ends, so that there is something to compress. */
export function generateName(dice: Dice, isPlain = false): string {
  if (dice.once(20)) return '.';
  if (dice.once(4)) return dice.pick(['web.example.org.', 'example.org.', 'a.b.cluster.local.']);
  const labels = Array.from({ length: dice.between(1, dice.once(10) ? 12 : 5) }, () =>
    generateLabel(dice, isPlain),
  );
  return `${labels.join('.')}.`;
}

function generateLabel(dice: Dice, isPlain: boolean): string {
  if (!isPlain && dice.once(15)) return dice.pick(ODD_LABELS);
  const length = dice.between(1, dice.once(30) ? 20 : 8);
  return Array.from({ length }, () => LETTERS[dice.below(LETTERS.length)]).join('');
}

type Make = (dice: Dice, isPlain: boolean) => Rdata;

const asName: Make = (dice, isPlain) => ({ kind: 'name', target: generateName(dice, isPlain) });
const asMx: Make = (dice, isPlain) => ({
  kind: 'mx',
  preference: dice.below(65_536),
  exchange: generateName(dice, isPlain),
});
const asStrings: Make = (dice) => ({
  kind: 'strings',
  strings: [dice.octets(dice.below(40)), ...dice.list(3, () => dice.octets(dice.below(256)))],
});
const asOpaque: Make = (dice) => ({ kind: 'opaque', bytes: dice.octets(dice.below(60)) });

/** Names of opaque data that the decoder writes out: as an encoder that does not compress has them. */
function expanded(octets: number, strings: number, names: number): Make {
  return (dice) => ({
    kind: 'opaque',
    bytes: Buffer.concat([
      dice.octets(octets),
      ...Array.from({ length: strings }, () => stringOctets(dice)),
      ...Array.from({ length: names }, () => nameOctets(dice)),
    ]),
  });
}

function stringOctets(dice: Dice): Buffer {
  const octets = dice.octets(dice.below(20));
  return Buffer.concat([Buffer.from([octets.length]), octets]);
}

function nameOctets(dice: Dice): Buffer {
  const labels = generateName(dice, true)
    .split('.')
    .filter((label) => label !== '');
  const parts = labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

const MAKERS: ReadonlyMap<number, Make> = new Map<number, Make>([
  [TYPE.A, (dice) => ({ kind: 'address', address: [...dice.octets(4)].join('.') })],
  [TYPE.AAAA, (dice) => ({ kind: 'address', address: generateIPv6(dice) })],
  ...[TYPE.NS, TYPE.MD, TYPE.MF, TYPE.CNAME, TYPE.MB, TYPE.MG, TYPE.MR, TYPE.PTR, TYPE.DNAME].map(
    (type) => [type, asName] as const,
  ),
  ...[TYPE.MX, TYPE.AFSDB, TYPE.RT, TYPE.KX].map((type) => [type, asMx] as const),
  ...[TYPE.TXT, TYPE.SPF, TYPE.HINFO].map((type) => [type, asStrings] as const),
  [
    TYPE.SRV,
    (dice, isPlain) => ({
      kind: 'srv',
      priority: dice.below(65_536),
      weight: dice.below(65_536),
      port: dice.below(65_536),
      target: generateName(dice, isPlain),
    }),
  ],
  [
    TYPE.SOA,
    (dice, isPlain) => ({
      kind: 'soa',
      soa: {
        mname: generateName(dice, isPlain),
        rname: generateName(dice, isPlain),
        serial: dice.below(2 ** 32),
        refresh: dice.below(2 ** 32),
        retry: dice.below(2 ** 31),
        expire: dice.below(2 ** 31),
        minimum: dice.below(2 ** 31),
      },
    }),
  ],
  [
    TYPE.CAA,
    (dice) => ({
      kind: 'caa',
      flags: dice.pick([0, 128]),
      tag: dice.pick(['issue', 'issuewild', 'iodef']),
      value: Buffer.from(generateLabel(dice, true)),
    }),
  ],
  [TYPE.MINFO, expanded(0, 0, 2)],
  [TYPE.RP, expanded(0, 0, 2)],
  [TYPE.PX, expanded(2, 0, 2)],
  [TYPE.SIG, expanded(18, 0, 1)],
  [TYPE.NXT, expanded(0, 0, 1)],
  [TYPE.NAPTR, expanded(4, 3, 1)],
]);

/** Eight groups, none of them a run of zeros that has a shorter form. */
function generateIPv6(dice: Dice): string {
  return Array.from({ length: 8 }, () => dice.between(1, 65_535).toString(16)).join(':');
}

/** Types that stand in the records of messages; OPT is no record, and questions alone ask for the ones above 250. */
export const RECORD_TYPES: readonly number[] = Object.values(TYPE).filter(
  (type) => type !== TYPE.OPT && !(type >= TYPE.TSIG && type <= TYPE.ANY),
);

export interface RecordChoice {
  readonly types?: readonly number[];
  /** Without labels that need escapes. @default false */
  readonly isPlain?: boolean;
}

export function generateRecord(
  dice: Dice,
  { types = RECORD_TYPES, isPlain = false }: RecordChoice = {},
): ResourceRecord {
  const type =
    dice.once(20) && types === RECORD_TYPES ? dice.between(258, 65_279) : dice.pick(types);
  const make = MAKERS.get(type) ?? asOpaque;
  return {
    name: generateName(dice, isPlain),
    type,
    class: CLASS.IN,
    ttl: dice.below(2 ** 31),
    rdata: make(dice, isPlain),
  };
}

export function generateMessage(dice: Dice, choice: RecordChoice = {}): Message {
  const flip = (): boolean => dice.once(2);
  const record = (): ResourceRecord => generateRecord(dice, choice);
  const edns = choice.isPlain === true || flip() ? undefined : generateEdns(dice);
  return {
    id: dice.below(65_536),
    flags: {
      isResponse: flip(),
      opcode: dice.pick([0, 0, 0, 2, 4, 5]),
      isAuthoritative: flip(),
      isTruncated: flip(),
      isRecursionDesired: flip(),
      isRecursionAvailable: flip(),
      isAuthentic: flip(),
      isCheckingDisabled: flip(),
      rcode: edns === undefined ? dice.below(11) : dice.pick([0, 3, 16, 23]),
    },
    questions: dice.list(1, () => ({
      name: generateName(dice, choice.isPlain),
      type: dice.pick(choice.types ?? Object.values(TYPE)),
      class: CLASS.IN,
    })),
    answers: dice.list(4, record),
    authority: dice.list(2, record),
    additional: dice.list(2, record),
    ...(edns === undefined ? {} : { edns }),
  };
}

function generateEdns(dice: Dice): Edns {
  return {
    udpSize: dice.below(65_536),
    version: dice.pick([0, 0, 0, 1, 255]),
    isDnssecOk: dice.once(2),
    options: dice.list(3, () => ({
      code: dice.pick([3, 8, 10, 12, 15, 65_001]),
      data: dice.octets(dice.below(30)),
    })),
  };
}

/** Bytes as they come from outside: noise, and messages that were damaged on the way. */
export function generateBytes(dice: Dice): Buffer {
  if (dice.once(5)) return dice.octets(dice.below(dice.once(10) ? 2000 : 120));
  const bytes = encodeMessage(generateMessage(dice));
  for (let left = dice.below(6); left > 0; left -= 1) damage(dice, bytes);
  return dice.once(6) ? bytes.subarray(0, dice.below(bytes.length + 1)) : bytes;
}

function damage(dice: Dice, bytes: Buffer): void {
  const at = dice.below(bytes.length);
  const pointer = 0xc000 | dice.below(bytes.length);
  if (dice.once(3) && at + 1 < bytes.length) bytes.writeUInt16BE(pointer, at);
  else if (dice.once(2)) bytes[at] = dice.pick([0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff]);
  else bytes[at] = dice.below(256);
}
