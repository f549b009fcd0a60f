/** AAAA records for names that have none, from their A records. */
import { parseCidr, parseIp, ipFromBits, type Cidr } from '../../../net/index.ts';
import type { Answer } from '../../answer.ts';
import { onAnswer } from '../../chain.ts';
import {
  argsOf,
  CorefileError,
  readOptions,
  type Directive,
  type PluginDefinition,
} from '../../corefile/index.ts';
import { lookUp } from '../../look-up.ts';
import type { Query } from '../../query.ts';
import { CLASS, RCODE, TYPE, type ResourceRecord } from '../../wire/index.ts';

interface Dns64Options {
  readonly prefix: Cidr;
  /** AAAA records that exist are replaced as well. */
  readonly translatesAll: boolean;
  /** Clients on IPv4 get them too. */
  readonly allowsIPv4: boolean;
}

const WELL_KNOWN = '64:ff9b::/96';
/** @see RFC 6052 §2.2 */
const LENGTHS: ReadonlySet<number> = new Set([32, 40, 48, 56, 64, 96]);
/** For answers whose SOA record is not known. @see RFC 6147 §5.1.7 */
const MAX_TTL = 600;

/** `dns64 [PREFIX] { prefix PREFIX | translate_all | allow_ipv4 }` */
export const dns64: PluginDefinition = {
  name: 'dns64',
  setup: (directives, { resolve, environment: { metrics } }) => {
    const options = readDns64Options(directives);
    const translated = metrics.counter({
      name: 'coredns_dns64_requests_translated_total',
      help: 'Counter of DNS requests translated by dns64.',
      labels: ['server'],
    });
    return {
      plugin: (query, next) => {
        if (!isTranslated(query, options)) return next(query);
        return onAnswer(next(query), (found) => {
          if (found === undefined || found.isBare === true || !isWanting(found, options))
            return found;
          return onAnswer(
            lookUp(resolve, query, { name: query.qname, type: TYPE.A }),
            (addresses) => {
              if (addresses === undefined) return found;
              translated.with(query.server?.address ?? '').inc();
              return synthesize(found, addresses, options.prefix);
            },
          );
        });
      },
    };
  },
};

function readDns64Options(directives: readonly Directive[]): Dns64Options {
  let prefix = parseCidr(WELL_KNOWN);
  let translatesAll = false;
  let allowsIPv4 = false;
  for (const directive of directives) {
    const [text] = argsOf(directive, 0, 1);
    if (text !== undefined) prefix = readPrefix(text, directive);
    readOptions(directive, {
      prefix: (option) => {
        prefix = readPrefix(argsOf(option, 1)[0] ?? '', option);
      },
      translate_all: () => {
        translatesAll = true;
      },
      allow_ipv4: () => {
        allowsIPv4 = true;
      },
    });
  }
  if (prefix === undefined) throw new TypeError(`${WELL_KNOWN} is no prefix`);
  return { prefix, translatesAll, allowsIPv4 };
}

function readPrefix(text: string, { position }: Directive): Cidr {
  const prefix = parseCidr(text);
  if (prefix === undefined) throw new CorefileError(`invalid CIDR address: ${text}`, position);
  if (prefix.family !== 'IPv6')
    throw new CorefileError(`invalid netmask 32 IPv6 address: "${text}"`, position);
  if (!LENGTHS.has(prefix.prefixLength))
    throw new CorefileError(`invalid prefix length "${text}"`, position, {
      hint: `Lengths: ${[...LENGTHS].join(', ')}.`,
    });
  return prefix;
}

function isTranslated({ qtype, qclass, client }: Query, { allowsIPv4 }: Dns64Options): boolean {
  const isIPv6 = parseIp(client.address)?.family === 'IPv6';
  return qtype === TYPE.AAAA && qclass === CLASS.IN && (allowsIPv4 || isIPv6);
}

/** Whether an answer lacks what it was asked for; that a name does not exist is an answer. */
function isWanting({ rcode, answers }: Answer, { translatesAll }: Dns64Options): boolean {
  if (rcode === RCODE.NXDOMAIN && answers.length === 0) return false;
  return translatesAll || !answers.some(({ type }) => type === TYPE.AAAA);
}

/** The reply is built anew: flags of the answers that it is made from are lost, as in CoreDNS. */
function synthesize(found: Answer, addresses: Answer, prefix: Cidr): Answer {
  const soa = found.authority.find(({ type }) => type === TYPE.SOA);
  const ttl = soa?.ttl ?? MAX_TTL;
  const answers = addresses.answers.map((record): ResourceRecord => {
    const { type, rdata } = record;
    if (type !== TYPE.A || rdata.kind !== 'address') return record;
    const address = embed(rdata.address, prefix);
    return {
      ...record,
      type: TYPE.AAAA,
      ttl: Math.min(record.ttl, ttl),
      rdata: { kind: 'address', address },
    };
  });
  const { rcode, authority, additional, isTruncated = false } = addresses;
  return { rcode, answers, authority, additional, isTruncated };
}

/** The octets of the address follow the prefix; the ninth octet is left out. @see RFC 6052 §2.2 */
export function embed(address: string, { network, prefixLength }: Cidr): string {
  const bits = parseIp(address)?.bits ?? 0n;
  const before = BigInt(Math.max(0, 64 - prefixLength));
  const after = 32n - before;
  if (prefixLength === 96) return ipFromBits('IPv6', network.bits | bits).text;
  const high = (bits >> after) << 64n;
  const low = (bits & ((1n << after) - 1n)) << (56n - after);
  return ipFromBits('IPv6', network.bits | high | low).text;
}
