/** Plays `dns/search-path.json`. */
import {
  checkPodDns,
  LEGACY_LIMITS,
  parseResolvConf,
  podResolvConf,
  walk,
  type Outcome,
  type PodDns,
  type ResolvConf,
  type StubResolver,
  type WalkResult,
} from '../../../../src/dns/index.ts';
import type { CaseResult } from '../../area.ts';

export interface SearchCase {
  readonly id: string;
  readonly resolver: StubResolver['name'];
  readonly version?: string;
  readonly resolvConf: { readonly search: readonly string[]; readonly ndots: number };
  readonly name: string;
  readonly replies: Readonly<Record<string, string>>;
  readonly expectQueries: readonly string[];
  readonly result?: string;
}

export interface PolicyCase {
  readonly id: string;
  readonly pod: { readonly [K in keyof PodDns]: PodDns[K] | null };
  readonly node: {
    readonly resolvConf: string | null;
    readonly clusterDNS: readonly string[];
    readonly clusterDomain: string;
    readonly nodeIPs: readonly string[];
    readonly kubeletVersion?: string;
  };
  readonly expect?: {
    readonly nameservers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly string[];
  };
  readonly events?: readonly string[];
  readonly validationError?: string;
}

export interface SearchTable {
  readonly cases?: readonly SearchCase[];
  readonly dnsPolicyCases?: readonly PolicyCase[];
}

/** What the table calls the errors. */
const ERRORS: Readonly<Record<string, readonly string[]>> = {
  NO_DATA: ['error', 'error NO_DATA', 'error NODATA'],
  TRY_AGAIN: ['error', 'error TRY_AGAIN'],
  NO_RECOVERY: ['error', 'error FAIL', 'error NO_RECOVERY'],
  HOST_NOT_FOUND: ['error', 'error HOST_NOT_FOUND', 'error NXDOMAIN', 'error NONAME'],
};

export function playSearch(row: SearchCase): CaseResult {
  const version = versionWithin(row.version);
  const resolver: StubResolver =
    version === undefined ? { name: row.resolver } : { name: row.resolver, version };
  const search = walk(row.name, row.resolvConf, resolver);
  const queries: string[] = [];
  let next = search.next();
  while (next.done !== true) {
    if (!queries.includes(next.value)) queries.push(next.value);
    next = search.next(outcomeOf(row.replies[next.value]));
  }
  const result = next.value;
  const isSame = JSON.stringify(queries) === JSON.stringify(row.expectQueries);
  return {
    id: row.id,
    title: `${row.resolver} ${row.name}`,
    ok: isSame && isResult(result, row.result),
    expected: { queries: row.expectQueries, result: row.result },
    actual: { queries, result },
  };
}

export function playPolicy(row: PolicyCase): CaseResult {
  const pod = withoutNulls(row.pod);
  const errors = checkPodDns(pod);
  if (row.validationError !== undefined)
    return {
      id: row.id,
      title: row.validationError,
      ok: errors.length > 0,
      expected: row.validationError,
      actual: errors,
    };
  const { resolvConf: text, kubeletVersion, ...node } = row.node;
  const { resolvConf, events } = podResolvConf(pod, {
    ...node,
    ...(text === null ? {} : { resolvConf: parseResolvConf(text) }),
    ...(kubeletVersion === undefined ? {} : { limits: LEGACY_LIMITS }),
  });
  const problems = comparePolicy(resolvConf, row.expect);
  for (const event of row.events ?? [])
    if (!events.some((text_) => text_.startsWith(event))) problems.push(`no event ${event}`);
  return {
    id: row.id,
    title: String(row.pod.dnsPolicy),
    ok: problems.length === 0 && errors.length === 0,
    expected: row.expect,
    actual: { problems, resolvConf, events, errors },
  };
}

function comparePolicy(actual: ResolvConf, expect: PolicyCase['expect']): string[] {
  if (expect === undefined) return [];
  const isSame = (a: readonly string[], b: readonly string[]): boolean =>
    JSON.stringify(a) === JSON.stringify(b);
  const problems: string[] = [];
  if (!isSame(actual.nameservers, expect.nameservers)) problems.push('nameservers');
  if (!isSame(actual.search, expect.searches)) problems.push('searches');
  if (!isSame(actual.options.toSorted(), expect.options.toSorted())) problems.push('options');
  return problems;
}

/** A version that a bound such as `<= 2.25` speaks of; just below it for `<`. */
function versionWithin(bound: string | undefined): string | undefined {
  const [, operator, version] = /^(<=|>=|<|>|=)?\s*([\d.]+)$/.exec(bound ?? '') ?? [];
  if (version === undefined || operator === '>') return undefined;
  if (operator !== '<') return version;
  const parts = version.split('.').map(Number);
  return [...parts.slice(0, -1), (parts.at(-1) ?? 1) - 1].join('.');
}

function outcomeOf(reply: string | undefined): Outcome {
  if (reply === 'NOERROR') return 'FOUND';
  return (reply ?? 'NXDOMAIN') as Outcome; // the table's other words are outcomes
}

function isResult(result: WalkResult, expected: string | undefined): boolean {
  if (expected === undefined) return result.kind === 'failed';
  if (result.kind === 'found') return result.name === expected;
  return ERRORS[result.error]?.includes(expected) ?? false;
}

function withoutNulls(pod: PolicyCase['pod']): PodDns {
  const entries = Object.entries(pod).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as unknown as PodDns; // the table's Pods have these fields
}
