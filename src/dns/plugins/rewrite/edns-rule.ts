import { parseIp } from '../../../net/index.ts';
import { CorefileError, type Directive } from '../../corefile/index.ts';
import type { Query } from '../../query.ts';
import { EDNS_OPTION, type Edns, type EdnsOption } from '../../wire/index.ts';
import type { ResponseRule, Rewrite } from './rule.ts';

/** What a rule writes into its option; undefined leaves the query alone. */
type DataOf = (query: Query) => Uint8Array | undefined;

const ACTIONS = ['append', 'replace', 'set', 'unset'] as const;
type Action = (typeof ACTIONS)[number];

interface EdnsRule {
  readonly action: Action;
  readonly code: number;
  readonly dataOf: DataOf;
  readonly isReverted: boolean;
}

/** What the OPT record of a query without one says. */
const NEW_EDNS: Edns = { udpSize: 4096, version: 0, isDnssecOk: false, options: [] };

/**
 * `local|nsid|subnet append|replace|set|unset …`
 *
 * @throws CorefileError
 */
export function readEdnsRule(words: readonly string[], directive: Directive): Rewrite {
  const rule = readRule(words, directive);
  return (query) => {
    const data = rule.dataOf(query);
    if (data === undefined) return undefined;
    const { edns = NEW_EDNS } = query;
    const changed = changeOptions(edns.options, { ...rule, data });
    // CoreDNS has made an OPT record by then.
    if (changed === undefined) return { query: { ...query, edns }, responses: [], isIdle: true };
    return {
      query: { ...query, edns: { ...edns, options: changed } },
      responses: responsesOf(rule, edns),
    };
  };
}

/** The option of a `local` rule, which CoreDNS sends back in the OPT record of the query. */
export function supportedOption({ args }: Directive): number | undefined {
  const [, type, , code] = args.slice(args.findIndex((word) => word.toLowerCase() === 'edns0'));
  return type?.toLowerCase() === 'local' ? Number(code) : undefined;
}

function changeOptions(
  options: readonly EdnsOption[],
  { action, code, data }: EdnsRule & { readonly data: Uint8Array },
): readonly EdnsOption[] | undefined {
  const option = { code, data };
  if (action === 'unset') return options.filter((other) => other.code !== code);
  const isThere = options.some((other) => other.code === code);
  if (isThere && action !== 'append')
    return options.map((other) => (other.code === code ? option : other));
  return action === 'replace' ? undefined : [...options, option];
}

function responsesOf({ isReverted, code }: EdnsRule, edns: Edns): readonly ResponseRule[] {
  if (!isReverted) return [];
  const original = edns.options.find((option) => option.code === code)?.data;
  return [{ kind: 'option', code, original }];
}

function readRule(words: readonly string[], { position }: Directive): EdnsRule {
  const fail = (what: string): CorefileError => new CorefileError(what, position);
  const [typeText = '', actionText = '', ...more] = words;
  if (words.length < 2) throw fail('too few arguments for an EDNS0 rule');
  const action = ACTIONS.find((known) => known === actionText.toLowerCase());
  if (action === undefined) throw fail(`invalid action: "${actionText}"`);
  const isReverted = action !== 'unset' && more.at(-1) === 'revert';
  const args = isReverted ? more.slice(0, -1) : more;
  const type = typeText.toLowerCase();
  if (type !== 'local' && type !== 'nsid' && type !== 'subnet')
    throw fail(`invalid rule type "${type}"`);
  const expected = ARGUMENTS[action === 'unset' ? 'unset' : 'other'][type];
  if (args.length !== expected)
    throw fail(`EDNS0 ${type} rules take ${expected} arguments with ${action}`);
  return { action, isReverted, ...OPTIONS[type](args, action, fail) };
}

/** How many words follow the action. */
const ARGUMENTS = {
  unset: { local: 1, nsid: 0, subnet: 0 },
  other: { local: 2, nsid: 0, subnet: 2 },
} as const;

type ReadOption = (
  args: readonly string[],
  action: Action,
  fail: Fail,
) => Pick<EdnsRule, 'code' | 'dataOf'>;

const NO_DATA: DataOf = () => Buffer.alloc(0);

const OPTIONS: Readonly<Record<'local' | 'nsid' | 'subnet', ReadOption>> = {
  local: ([code = '', data = ''], _, fail) => ({
    code: readCode(code, fail),
    dataOf: localData(data, fail),
  }),
  nsid: () => ({ code: EDNS_OPTION.NSID, dataOf: NO_DATA }),
  subnet: ([v4 = '', v6 = ''], action, fail) => ({
    code: EDNS_OPTION.ECS,
    dataOf: action === 'unset' ? NO_DATA : subnet(v4, v6, fail),
  }),
};

type Fail = (what: string) => CorefileError;

function readCode(text: string, fail: Fail): number {
  const code = /^(?:0[xX][\da-fA-F]+|\d+)$/.test(text) ? Number(text) : NaN;
  if (!(code <= 0xffff)) throw fail(`"${text}" is no option code`);
  return code;
}

/** `0x…`, text, or `{variable}`. */
function localData(text: string, fail: Fail): DataOf {
  const [, variable] = /^\{(.*)\}$/.exec(text) ?? [];
  if (variable !== undefined) {
    const read = VARIABLES[variable] ?? factOf(variable);
    if (read === undefined) throw fail(`unsupported variable name "${text}"`);
    return read;
  }
  const isHex = text.startsWith('0x');
  if (isHex && !/^0x(?:[\da-fA-F]{2})*$/.test(text)) throw fail(`"${text}" is not hexadecimal`);
  const data = isHex ? Buffer.from(text.slice(2), 'hex') : Buffer.from(text);
  return () => data;
}

/** What of a query may be told to upstreams. */
const VARIABLES: Readonly<Record<string, DataOf>> = {
  qname: ({ name }) => Buffer.from(name),
  qtype: ({ qtype }) => shorts(qtype),
  client_ip: ({ client }) => addressOctets(client.address),
  client_port: ({ client }) => shorts(client.port),
  // What the reply comes from is not known here: the listener is on all addresses of its host.
  server_ip: () => undefined,
  server_port: ({ server }) => {
    const [, port] = /:(\d+)$/.exec(server?.address ?? '') ?? [];
    return port === undefined ? undefined : shorts(Number(port));
  },
  protocol: ({ client }) => Buffer.from(client.transport === 'tcp' ? 'tcp' : 'udp'),
};

function factOf(label: string): DataOf | undefined {
  if (!/^[^/]+\/.+$/.test(label)) return undefined;
  return ({ metadata }) => {
    const fact = metadata?.get(label)?.() ?? '';
    return fact === '' ? undefined : Buffer.from(fact);
  };
}

/** @see RFC 7871 §6 */
function subnet(v4Text: string, v6Text: string, fail: Fail): DataOf {
  const read = (text: string, max: number): number => {
    const length = readCode(text, fail);
    if (length > max) throw fail(`invalid bit mask length ${text}`);
    return length;
  };
  const lengths = { IPv4: read(v4Text, 32), IPv6: read(v6Text, 128) };
  return ({ client }) => {
    const ip = parseIp(client.address);
    if (ip === undefined) return undefined;
    const length = lengths[ip.family];
    const bits = ip.family === 'IPv4' ? 32 : 128;
    const rest = BigInt(bits - length);
    const masked = ((ip.bits >> rest) << rest).toString(16).padStart(bits / 4, '0');
    const head = [...shorts(ip.family === 'IPv4' ? 1 : 2), length, 0];
    const octets = Buffer.from(masked, 'hex').subarray(0, Math.ceil(length / 8));
    return Buffer.concat([Buffer.from(head), octets]);
  };
}

function addressOctets(text: string): Buffer | undefined {
  const ip = parseIp(text);
  if (ip === undefined) return undefined;
  const digits = ip.family === 'IPv4' ? 8 : 32;
  return Buffer.from(ip.bits.toString(16).padStart(digits, '0'), 'hex');
}

function shorts(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
}
