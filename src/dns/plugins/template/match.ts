import type { GoRegExp } from '../../go-regexp/index.ts';
import { print, type Struct, type Value } from '../../go-template/index.ts';
import { zoneOf } from '../../names.ts';
import type { Query } from '../../query.ts';
import { CLASS, className, TYPE, typeName } from '../../wire/index.ts';
import { ExpressionError, queryFunctions } from '../view/expressions.ts';
import type { Stanza } from './stanza.ts';

/** A name that a stanza takes. */
export interface Match {
  readonly query: Query;
  readonly stanza: Stanza;
  readonly zone: string;
  readonly root: Struct;
}

/** `passed` leaves the query to the next stanza; `failed` is for nobody. */
export function matchStanza(query: Query, stanza: Stanza): Match | 'passed' | 'failed' {
  const { qname } = query;
  const zone = zoneOf(qname, stanza.zones);
  if (zone === undefined || !isAsked(query, stanza)) return 'passed';
  const missed = zoneOf(qname, stanza.fallthrough) === undefined ? 'failed' : 'passed';
  for (const pattern of stanza.patterns) {
    const groups = pattern.match(qname);
    if (groups === undefined) continue;
    const group = groupsByName(pattern, groups);
    const verdict = holds(stanza, query, group);
    if (verdict === undefined) return 'failed';
    if (!verdict) return missed;
    const root = rootOf(query, { stanza, zone, groups, group, regex: pattern.source });
    return { query, stanza, zone, root };
  }
  return missed;
}

/** By number and, where they have one, by name. */
function groupsByName({ names }: GoRegExp, groups: readonly string[]): ReadonlyMap<string, string> {
  const named = names.flatMap((name, index) =>
    name === '' ? [] : [[name, groups[index] ?? ''] as const],
  );
  return new Map([...groups.map((text, index) => [String(index), text] as const), ...named]);
}

function isAsked({ qclass, qtype }: Query, stanza: Stanza): boolean {
  const isClass = qclass === stanza.class || qclass === CLASS.ANY || stanza.class === CLASS.ANY;
  const isType = qtype === stanza.type || qtype === TYPE.ANY || stanza.type === TYPE.ANY;
  return isClass && isType;
}

/** Whether all conditions hold; undefined when one cannot be told. */
function holds(
  { conditions }: Stanza,
  query: Query,
  group: ReadonlyMap<string, string>,
): boolean | undefined {
  if (conditions.length === 0) return true;
  const facts = queryFunctions(query);
  try {
    return conditions.every(
      (condition) =>
        condition((name, args) =>
          name === 'group' ? (group.get(String(args[0])) ?? '') : facts(name, args),
        ) === true,
    );
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

interface MatchDetails {
  readonly stanza: Stanza;
  readonly zone: string;
  readonly groups: readonly string[];
  readonly group: ReadonlyMap<string, string>;
  readonly regex: string;
}

function rootOf(query: Query, { stanza, zone, groups, group, regex }: MatchDetails): Struct {
  const { qclass, qtype, metadata } = query;
  const question: Struct = {
    fields: { Name: query.name, Qtype: BigInt(qtype), Qclass: BigInt(qclass) },
  };
  return {
    fields: {
      Zone: zone,
      Name: query.qname,
      Regex: regex,
      Match: groups,
      Group: group,
      Class: known(className(qclass === CLASS.ANY ? stanza.class : qclass)),
      Type: known(typeName(qtype === TYPE.ANY ? stanza.type : qtype)),
      Message: messageOf(query, question),
      Question: question,
      Remote: query.client.address,
      Meta: (label: Value) => metadata?.get(print(label))?.() ?? '',
    },
  };
}

function messageOf(query: Query, question: Struct): Struct {
  return {
    fields: {
      Id: BigInt(query.id),
      Response: false,
      Opcode: BigInt(query.opcode),
      Authoritative: false,
      Truncated: false,
      RecursionDesired: query.isRecursionDesired,
      RecursionAvailable: false,
      AuthenticatedData: query.isAuthentic,
      CheckingDisabled: query.isCheckingDisabled,
      Rcode: 0n,
      Question: [question],
      Answer: [],
      Ns: [],
      Extra: [],
    },
  };
}

/** What has a number and no name is nothing to a template of CoreDNS. */
function known(name: string): string {
  return /^(?:TYPE|CLASS)\d+$/.test(name) ? '' : name;
}
