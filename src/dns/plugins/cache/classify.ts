import type { Answer } from '../../answer.ts';
import type { Query } from '../../query.ts';
import { OPCODE, RCODE, TYPE, type ResourceRecord } from '../../wire/index.ts';
import type { CacheOptions } from './options.ts';

/** What an answer is to a cache. */
export type AnswerClass = 'success' | 'denial' | 'failure' | 'other';

/** What to do with an answer. */
export interface Verdict {
  readonly class: AnswerClass;
  /** For all records of the answer, this time and from the cache. */
  readonly ttlSeconds: number;
  /** Whether it may be kept at all. */
  readonly isCacheable: boolean;
}

/** TTL of answers without records, and of those that only say who knows. */
const EMPTY_TTL = 5;

/**
 * How an answer is kept, and for how long.
 *
 * The TTL is the lowest of all records in all sections, within the limits of the options; the SOA's minimum plays no
 * part, as in CoreDNS. Not kept are cut answers, refusals, denials without SOA (RFC 2308 §5) and aliases that lead to
 * nothing.
 */
export function classify(query: Query, answer: Answer, options: CacheOptions): Verdict {
  const class_ = classOf(query, answer);
  const isCacheable = class_ !== 'other' && answer.isTruncated !== true;
  if (class_ === 'failure')
    return {
      class: class_,
      ttlSeconds: Math.floor(options.servfailMs / 1000),
      isCacheable: isCacheable && options.servfailMs > 0,
    };
  const isDenial = class_ === 'denial';
  const { maxTtlSeconds, minTtlSeconds } = isDenial ? options.denial : options.success;
  const isShort = class_ === 'other' || isDelegation(answer);
  const ttl = isShort ? EMPTY_TTL : lowestTtl(answer, maxTtlSeconds);
  const ttlSeconds = Math.min(Math.max(ttl, minTtlSeconds), maxTtlSeconds);
  const hasLimit = isDenial
    ? answer.rcode !== RCODE.NXDOMAIN || hasSoa(answer)
    : !isDeadEnd(query, answer);
  return { class: class_, ttlSeconds, isCacheable: isCacheable && ttlSeconds > 0 && hasLimit };
}

/** @see CoreDNS `plugin/pkg/response`, `Typify` */
function classOf(query: Query, answer: Answer): AnswerClass {
  const { rcode, answers } = answer;
  if (isMeta(query)) return 'other';
  if (rcode === RCODE.NOERROR) {
    if (answers.length === 0) return hasSoa(answer) ? 'denial' : 'success';
    return hasSoa(answer) && isDeadEnd(query, answer) ? 'denial' : 'success';
  }
  if (rcode === RCODE.NXDOMAIN) return answers.length === 0 ? 'denial' : 'other';
  return rcode === RCODE.SERVFAIL || rcode === RCODE.NOTIMP ? 'failure' : 'other';
}

function isMeta({ opcode, qtype }: Query): boolean {
  return opcode !== OPCODE.QUERY || qtype === TYPE.AXFR || qtype === TYPE.IXFR;
}

function lowestTtl({ answers, authority, additional }: Answer, limit: number): number {
  const records = [...answers, ...authority, ...additional];
  if (records.length === 0) return EMPTY_TTL;
  return records.reduce((lowest, { ttl }) => Math.min(lowest, ttl), limit);
}

function isDelegation({ rcode, answers, authority }: Answer): boolean {
  if (rcode !== RCODE.NOERROR || answers.length > 0) return false;
  const types = new Set(authority.map(({ type }) => type));
  return types.has(TYPE.NS) && !types.has(TYPE.SOA);
}

function hasSoa({ authority }: Answer): boolean {
  return authority.some(({ type }) => type === TYPE.SOA);
}

/** Whether records are there and none of them answers. */
function isDeadEnd(query: Query, answer: Answer): boolean {
  return answer.answers.length > 0 && !answersQuestion(query, answer);
}

/** Whether the name, or what its aliases lead to, has a record of the type. */
export function answersQuestion({ qname, qtype }: Query, { rcode, answers }: Answer): boolean {
  if (rcode !== RCODE.NOERROR || answers.length === 0) return false;
  if (qtype === TYPE.ANY) return answers.some((record) => isAt(record, qname));
  if (qtype === TYPE.CNAME) return aliasesOf(answers, qname).size === 1;
  const end = endOfAliases(answers, qname);
  return end !== undefined && answers.some((record) => record.type === qtype && isAt(record, end));
}

/** Where the aliases of `qname` lead; undefined for a loop and for a name with two. */
function endOfAliases(answers: readonly ResourceRecord[], qname: string): string | undefined {
  const seen = new Set<string>();
  for (let name = qname; !seen.has(name);) {
    seen.add(name);
    const [target, another] = aliasesOf(answers, name);
    if (another !== undefined) return undefined;
    if (target === undefined) return name;
    name = target;
  }
  return undefined;
}

function aliasesOf(answers: readonly ResourceRecord[], name: string): ReadonlySet<string> {
  const targets = new Set<string>();
  for (const record of answers)
    if (record.type === TYPE.CNAME && record.rdata.kind === 'name' && isAt(record, name))
      targets.add(record.rdata.target.toLowerCase());
  return targets;
}

function isAt({ name }: ResourceRecord, qname: string): boolean {
  return name.toLowerCase() === qname;
}
