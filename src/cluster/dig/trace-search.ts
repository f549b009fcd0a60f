import type { DigExchange, DigRequest, DigResult, DigWalk } from '../../control/index.ts';
import { podHosts, TYPE, walk, type Outcome, type WalkResult } from '../../dns/index.ts';
import type { Cluster } from '../create-cluster.ts';
import { nodeCaller } from '../caller.ts';
import type { Ask } from './index.ts';
import { readType } from './query.ts';
import { adviceFor } from './search-advice.ts';
import { resolvConfOf, searchPathOf } from './search-path.ts';
import type { Asker } from './servers.ts';

export interface TraceOptions {
  readonly request: DigRequest;
  readonly asker: Asker;
  readonly ask: Ask;
}

/** The questions that a program's resolver puts for one name, each with its answer and time. */
export async function traceSearch(
  cluster: Cluster,
  { request, asker, ask }: TraceOptions,
): Promise<DigResult> {
  const { name, resolver = 'glibc' } = request;
  const caller = asker ?? nodeCaller(cluster.view);
  const path = searchPathOf(resolvConfOf(cluster, caller), request.search);
  const outline = { who: caller.text, ...path };
  const hosts = hostsOf(cluster, asker).get(name.toLowerCase().replace(/\.$/, ''));
  if (hosts !== undefined) return { exchanges: [], walk: { ...outline, hosts, advice: [] } };
  const types = typesOf(request);
  const steps = walk(name, { search: path.domains, ndots: path.ndots }, { name: resolver });
  const exchanges: DigExchange[] = [];
  let step = steps.next();
  while (step.done !== true) {
    const candidate = step.value;
    const replies = await Promise.all(types.map((type) => ask(candidate, type)));
    exchanges.push(...replies);
    step = steps.next(worstOf(replies.map((reply) => outcomeOf(reply))));
  }
  const advice = adviceFor({
    name,
    resolver,
    ...path,
    typeCount: types.length,
    queryCount: exchanges.length,
    hasAutopath: /^\s*autopath\b/m.test(cluster.names.dns.source?.text ?? ''),
    ...foundOf(step.value),
  });
  return { exchanges, walk: { ...outline, ...verdictOf(step.value), advice } };
}

/** Programs look for both families, unless the command line names one type. */
function typesOf({ type }: DigRequest): readonly number[] {
  return type === '' ? [TYPE.A, TYPE.AAAA] : [readType(type)];
}

function hostsOf(
  { store, options }: Cluster,
  asker: Asker,
): ReadonlyMap<string, readonly string[]> {
  if (asker?.origin.kind !== 'pod') return new Map();
  const pod = store.get('Pod', asker.origin.namespace, asker.origin.name);
  return pod === undefined ? new Map() : podHosts(pod, options.clusterDomain);
}

function verdictOf(result: WalkResult): Pick<DigWalk, 'found' | 'error'> {
  return result.kind === 'found' ? { found: result.name } : { error: result.error };
}

function foundOf(result: WalkResult): { readonly found?: string } {
  return result.kind === 'found' ? { found: result.name } : {};
}

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  NOERROR: 'NODATA',
  NXDOMAIN: 'NXDOMAIN',
  SERVFAIL: 'SERVFAIL',
};

function outcomeOf({ messages: [message], type }: DigExchange): Outcome {
  if (message === undefined) return 'TIMEOUT';
  if (message.answer.some((record) => record.type === type)) return 'FOUND';
  return OUTCOMES[message.status] ?? 'REFUSED';
}

/** A name is found when either family has an address; otherwise what is known of one is known of the name. */
const SEVERITY: readonly Outcome[] = ['FOUND', 'TIMEOUT', 'SERVFAIL', 'REFUSED', 'NODATA'];

function worstOf(outcomes: readonly Outcome[]): Outcome {
  return SEVERITY.find((outcome) => outcomes.includes(outcome)) ?? 'NXDOMAIN';
}
