/** How soon a change counts for the next connection, in the whole program. */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { KubeObject, Store } from '../../src/api/index.ts';
import { createCluster, type Cluster, type Flow } from '../../src/index.ts';
import { spreadOf, type Spread } from '../bench.ts';
import { clusterPolicyOf, fill, namespaceOf, podNameOf } from './world.ts';

const CHANGES = 200;
const POLICIES = 1000;
const NODES = 60;
const CALM_MS = 3000;
const CLUSTER_POLICY = 'ClusterNetworkPolicy.policy.networking.k8s.io';

/** From a write's begin to the decision about the next connection, and what of it was CPU time. */
export interface Change {
  readonly wallMs: Spread & { readonly p99: number };
  readonly cpuMs: Spread;
  /** The longest that the collector of garbage held everything up during the changes. */
  readonly longestPauseMs: number;
}

/** What is changed, and what the next connection must meet. */
interface Edit {
  readonly name: string;
  readonly edit: (store: Store, turn: number) => void;
}

/** Changes something of a cluster of 1000 policies and 10 000 Pods, 200 times each, and asks at once. */
export async function measureChanges(): Promise<Readonly<Record<string, Change>>> {
  await using cluster = await startCluster();
  const flow = flowIn(cluster);
  // The first connection of all puts every Pod's address into the index.
  cluster.datapath.decide(flow);
  const changes: Record<string, Change> = {};
  for (const edit of EDITS) changes[edit.name] = await measure(cluster, flow, edit);
  return changes;
}

async function startCluster(): Promise<Cluster> {
  const off = { dns: 'off', http: 'off', https: 'off', entry: 'off', dnsUpstream: 'off' } as const;
  const unseen = { proxyHealth: 'off', proxyMetrics: 'off', ingressMetrics: 'off' } as const;
  const cluster = await createCluster({ ...off, ...unseen, nodes: NODES, hasAliases: false });
  fill(cluster.store, POLICIES);
  await cluster.settled();
  // What starting so many Pods leaves to be done is not a change's.
  await wait(CALM_MS);
  return cluster;
}

function flowIn({ store }: Cluster): Flow {
  const podAt = (index: number) => store.get('Pod', namespaceOf(index), podNameOf(index));
  const [from, to] = [podAt(1), podAt(11)];
  const [source, destination] = [from?.status?.podIP, to?.status?.podIP];
  if (source === undefined || destination === undefined) throw new Error('a Pod has no address');
  return {
    protocol: 'TCP',
    source: { address: source, port: 40_000 },
    destination: { address: destination, port: 8080 },
    origin: { kind: 'pod', namespace: namespaceOf(1), name: podNameOf(1) },
    node: from?.spec?.nodeName ?? '',
  };
}

async function measure(cluster: Cluster, flow: Flow, { name, edit }: Edit): Promise<Change> {
  const { store, datapath } = cluster;
  const pauses: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) pauses.push(duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  const [wall, cpu]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < CHANGES; turn += 1) {
    const before = process.cpuUsage();
    const started = performance.now();
    edit(store, turn);
    const { kind } = datapath.decide(flow);
    wall.push(performance.now() - started);
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1000);
    if ((kind === 'deliver') !== (turn % 2 === 1)) throw new Error(`${name}: not yet in effect`);
    // As in a running program, where other work is done between two changes.
    await wait(0);
  }
  observer.disconnect();
  const p99 = wall.toSorted((a, b) => a - b)[Math.floor(0.99 * CHANGES)] ?? Number.NaN;
  return {
    wallMs: { ...spreadOf(wall), p99 },
    cpuMs: spreadOf(cpu),
    longestPauseMs: Math.max(0, ...pauses),
  };
}

/** Even turns deny the connection, odd ones allow it. */
const EDITS: readonly Edit[] = [
  {
    name: "a Pod's label",
    edit: (store, turn) =>
      relabel(store, found(store, 'Pod', `${namespaceOf(1)}/${podNameOf(1)}`), {
        role: turn % 2 === 0 ? 'outcast' : 'guest',
      }),
  },
  {
    name: "a Namespace's label",
    edit: (store, turn) =>
      relabel(store, found(store, 'Namespace', namespaceOf(1)), {
        team: turn % 2 === 0 ? 'other' : 't1',
      }),
  },
  {
    name: 'a NetworkPolicy',
    edit: (store, turn) => {
      const policy = found(store, 'NetworkPolicy', `${namespaceOf(11)}/np-11`);
      const ingress = turn % 2 === 0 ? [] : [{}];
      store.update({ ...policy, spec: { ...(policy['spec'] as object), ingress } });
    },
  },
  {
    name: 'a ClusterNetworkPolicy',
    edit: (store, turn) => {
      const next = clusterPolicyOf(turn % 2 === 0 ? 'Deny' : 'Accept');
      const { name } = next.metadata;
      const stored = store.get<string>(CLUSTER_POLICY, undefined, name);
      if (stored === undefined) store.create(next);
      else store.update({ ...next, metadata: stored.metadata });
    },
  },
];

/** @param path `namespace/name`, or the name of what has no namespace. */
function found(store: Store, kind: string, path: string): KubeObject {
  const [name = '', namespace] = path.split('/').toReversed();
  const object = store.get<string>(kind, namespace, name);
  if (object === undefined) throw new Error(`no ${kind} ${path}`);
  return object;
}

function relabel(store: Store, object: KubeObject, labels: Readonly<Record<string, string>>): void {
  const all = { ...object.metadata.labels, ...labels };
  store.update({ ...object, metadata: { ...object.metadata, labels: all } });
}
