import { readFileSync } from 'node:fs';
import { ApiError } from '../../../../src/api/index.ts';
import type { CaseResult } from '../../area.ts';
import {
  clusterNetworkPolicy,
  fillIn,
  networkPolicy,
  type VerdictCase,
  type World,
} from './cases.ts';
import { flowOf, verdictOf } from './flow.ts';
import { applyOperation } from './operations.ts';
import { serveOutside } from './outside.ts';
import { startCluster, type RunningCluster } from './running.ts';
import { ways } from './ways.ts';

/** Rows of one cluster: those that change more than policies have one of their own. */
export async function* playTraffic(
  rows: readonly VerdictCase[],
  world: World,
  fixture: string,
): AsyncIterable<CaseResult> {
  const text = readFileSync(fixture, 'utf8');
  await using _outside = await serveOutside(Object.values(world.external));
  const [lasting, changing] = [false, true].map((isChanging) =>
    rows.filter((row) => changesObjects(row) === isChanging),
  );
  {
    await using running = await startCluster(world, text);
    for (const row of lasting ?? []) yield play(row, world, running);
  }
  for (const row of changing ?? []) {
    await using running = await startCluster(world, text);
    yield await play(row, world, running);
  }
}

function changesObjects({ setup = [], ops = [], to }: VerdictCase): boolean {
  if (backendOf({ to }) !== undefined) return true;
  const policies = new Set(['createPolicy', 'updatePolicy', 'deletePolicy', 'openConnection']);
  const clusterPolicies = new Set(['createCNP', 'updateCNP', 'deleteCNP']);
  return [...setup, ...ops].some(({ op }) => !policies.has(op) && !clusterPolicies.has(op));
}

async function play(
  given: VerdictCase,
  world: World,
  running: RunningCluster,
): Promise<CaseResult> {
  const { id, expect: expected } = given;
  const title = `${given.why} (traffic)`;
  const skipped = reasonToSkip(given);
  if (skipped !== undefined) return { id, title, ok: false, skipped };
  const { store } = running.cluster;
  const before = store.revision;
  try {
    const actual = await playRow(given, world, running);
    return { id, title, ok: actual === expected, expected, actual };
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'Invalid') throw error;
    const why = `older servers have stored it, this API refuses it: ${error.message}`;
    return { id, title, ok: false, skipped: why };
  } finally {
    if (store.revision !== before) removePolicies(running);
  }
}

function reasonToSkip({ protocol, cnps = [] }: VerdictCase): string | undefined {
  if (protocol === 'ICMP') return 'ICMP is decided, and not carried in userspace';
  return JSON.stringify(cnps).includes('"futurePeer"')
    ? 'the API prunes what it does not know: the engine alone is asked'
    : undefined;
}

async function playRow(given: VerdictCase, world: World, running: RunningCluster): Promise<string> {
  const { cluster, pods, addresses } = running;
  const { store } = cluster;
  for (const operation of given.setup ?? []) applyOperation(store, operation, pods);
  await leaveBackend(given, running);
  const row = fillIn(given, world, addresses);
  createPolicies(row, running);
  const carries = await applyOperations(row, running);
  if (row.kind === 'established') return (await carries?.()) === true ? 'allow' : 'deny';
  const verdict = await askAll(row, running);
  const asSeenHere = onLoopback(row);
  if (verdict !== row.expect || asSeenHere === undefined) return verdict;
  removePolicies(running);
  createPolicies(asSeenHere, running);
  return askAll(asSeenHere, running);
}

/** What each way says that the connection can take. */
async function askAll(row: VerdictCase, running: RunningCluster): Promise<string> {
  const flow = flowOf(row, running.place);
  const decided = verdictOf(running.cluster.datapath.decide(flow));
  if (decided !== row.expect) return `${decided} decided`;
  const verdicts = await Promise.all(
    ways(row, flow, running).map(async (way) => ({ way, verdict: await soon(way.ask()) })),
  );
  const other = verdicts.find(({ verdict }) => verdict !== row.expect);
  return other === undefined ? row.expect : `${other.verdict} ${other.way.name}`;
}

/** The row with clients beyond the cluster that this host can be: they enter by its sockets. */
function onLoopback(row: VerdictCase): VerdictCase | undefined {
  if (!('ip' in row.from && 'nodePort' in row.to)) return undefined;
  const text = JSON.stringify(row)
    .replaceAll('203.0.113.', '127.203.113.')
    .replaceAll('198.51.100.', '127.198.100.');
  return JSON.parse(text) as VerdictCase; // the row itself, but for its addresses
}

function backendOf({ to }: Pick<VerdictCase, 'to'>): string | undefined {
  return 'service' in to ? to.backend : undefined;
}

/** Of the Pods behind the row's Service the one that it names: the others go. */
async function leaveBackend({ to }: VerdictCase, { cluster, pods }: RunningCluster): Promise<void> {
  const backend = backendOf({ to });
  if (backend === undefined || !('service' in to)) return;
  const { selector = {} } = cluster.store.get('Service', to.ns, to.service)?.spec ?? {};
  for (const { metadata } of cluster.store.list('Pod', { namespace: to.ns, matchLabels: selector }))
    if (`${to.ns}/${metadata.name}` !== backend) pods.delete({ ns: to.ns, pod: metadata.name });
  await cluster.settled();
}

/** Does what the row says. @returns whether the connection that it has opened still carries bytes. */
async function applyOperations(
  row: VerdictCase,
  running: RunningCluster,
): Promise<(() => Promise<boolean>) | undefined> {
  const { cluster, pods } = running;
  let carries: (() => Promise<boolean>) | undefined;
  for (const operation of row.ops ?? []) {
    if (operation.op === 'openConnection') {
      const [way] = ways(row, flowOf(row, running.place), running);
      carries = await way?.open();
    } else applyOperation(cluster.store, operation, pods);
    // What a policy says counts from the moment that it is written; Pods take a moment to start.
    if (operation.op === 'createPod' || operation.op === 'deletePod') await cluster.settled();
  }
  return carries;
}

const MAX_WAIT_MS = 10_000;

/** A program that neither answers nor drops must not stop the tables. */
async function soon(answer: Promise<string>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve('neither'), MAX_WAIT_MS);
  const outcome = await Promise.race([answer, promise]);
  clearTimeout(timer);
  return outcome;
}

function createPolicies(row: VerdictCase, { cluster: { store } }: RunningCluster): void {
  for (const policy of row.policies ?? []) store.create(networkPolicy(policy));
  for (const policy of row.cnps ?? []) store.create(clusterNetworkPolicy(policy));
}

function removePolicies({ cluster: { store } }: RunningCluster): void {
  for (const kind of ['NetworkPolicy', 'ClusterNetworkPolicy.policy.networking.k8s.io'])
    for (const { metadata } of store.list<string>(kind))
      store.delete({
        kind,
        name: metadata.name,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      });
}
