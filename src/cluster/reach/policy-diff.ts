import type { Pod, Store } from '../../api/index.ts';
import type { ReachedFlow } from '../../control/index.ts';
import type { Protocol } from '../../net/index.ts';
import type { Cluster } from '../create-cluster.ts';
import { workloadOf } from '../workload.ts';
import { outsideCaller, podCaller, type Caller } from '../caller.ts';
import { podTarget } from './find-target.ts';
import { inMemory } from './in-memory.ts';
import { inParallel } from './in-parallel.ts';
import { probe, type ReachQuestion, type ReachWorld } from './probe.ts';
import { declaredPorts, targetPort, type TargetPort } from './target-port.ts';

export interface PolicyDiffOptions {
  /** Manifests as they were. */
  readonly before: readonly string[];
  /** Manifests as they are to be. */
  readonly after: readonly string[];
  /** Only flows from or to this one. @default all */
  readonly namespace?: string;
  /** A number or a name. @default every port that a Pod declares */
  readonly port?: string;
  readonly protocol?: Protocol;
}

/** One side of a flow that changes; `absent` where the side has not both of its ends. */
export interface FlowSide {
  readonly verdict: ReachedFlow['verdict'] | 'absent';
  readonly why: string;
  readonly rule?: string;
}

export interface FlowChange {
  /** A workload as `shop/deploy/web`, a Pod as `shop/db-0`, or `outside`. */
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly before: FlowSide;
  readonly after: FlowSide;
}

export interface PolicyDiffResult {
  /** How many flows were looked at, on either side. */
  readonly flows: number;
  readonly changes: readonly FlowChange[];
}

/**
 * The flows that two sets of manifests decide differently: between all workloads, and from outside to each of them.
 *
 * Of the Pods of a Deployment one stands for all: they have the same labels.
 *
 * @throws ManifestError
 */
export async function diffPolicies(options: PolicyDiffOptions): Promise<PolicyDiffResult> {
  const ask = (paths: readonly string[]): Promise<ReadonlyMap<string, ReachedFlow>> =>
    inMemory({ paths, isDecided: true }, (world) => decidedFlows(world, options));
  const before = await ask(options.before);
  const after = await ask(options.after);
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const changes = keys.flatMap((key) => {
    const [one, other] = [before.get(key), after.get(key)];
    const flow = other ?? one;
    if (flow === undefined || one?.verdict === other?.verdict) return [];
    const { from, to, protocol, port } = flow;
    return [{ from, to, protocol, port, before: sideOf(one), after: sideOf(other) }];
  });
  return { flows: keys.length, changes };
}

function sideOf(flow: ReachedFlow | undefined): FlowSide {
  if (flow === undefined) return { verdict: 'absent', why: 'there is no such flow' };
  const { verdict, why, rule } = flow;
  return { verdict, why, ...(rule === undefined ? {} : { rule }) };
}

async function decidedFlows(
  world: ReachWorld,
  options: PolicyDiffOptions,
): Promise<ReadonlyMap<string, ReachedFlow>> {
  const questions = questionsOf(world, options);
  const flows = await inParallel(questions, async ({ from, to, ...question }) => {
    const { steps: _, ...flow } = (await probe(world, question)).result;
    return { ...flow, from, to };
  });
  return new Map(
    flows.map((flow) => [`${flow.from} ${flow.to} ${flow.port}/${flow.protocol}`, flow]),
  );
}

interface NamedQuestion extends ReachQuestion {
  readonly from: string;
  readonly to: string;
}

function questionsOf(
  { cluster }: ReachWorld,
  options: PolicyDiffOptions,
): readonly NamedQuestion[] {
  const { store } = cluster;
  const workloads = workloadsOf(cluster);
  const callers = [
    { name: 'outside', namespace: '', caller: outsideCaller(cluster.view) },
    ...workloads.map(({ name, pod }) => {
      const { namespace = '' } = pod.metadata;
      return { name, namespace, caller: callerOf(store, pod) };
    }),
  ];
  return callers.flatMap((source) =>
    workloads.flatMap(({ name, pod }) => {
      const { namespace } = pod.metadata;
      const isWanted =
        options.namespace === undefined ||
        [source.namespace, namespace].includes(options.namespace);
      return isWanted
        ? portsOf(pod, options).map((port) => ({
            from: source.name,
            to: name,
            caller: source.caller,
            target: podTarget(pod),
            port,
          }))
        : [];
    }),
  );
}

function callerOf(store: Store, { metadata: { name, namespace = '' } }: Pod): Caller {
  return podCaller(store, `${namespace}/${name}`);
}

/** Every port that is declared, or the one that is asked for. */
function portsOf(pod: Pod, { port, protocol }: PolicyDiffOptions): readonly TargetPort[] {
  const target = podTarget(pod);
  const declared = declaredPorts(target).filter(
    (own) => protocol === undefined || own.protocol === protocol,
  );
  if (port === undefined && declared.length > 0) return declared;
  const only = targetPort(target, { port, protocol });
  return only === undefined ? [] : [only];
}

interface NamedPod {
  readonly name: string;
  readonly pod: Pod;
}

/** One Pod of each workload; those without an address can neither ask nor answer. */
function workloadsOf(cluster: Cluster): readonly NamedPod[] {
  const first = new Map<string, Pod>();
  for (const pod of cluster.store.list('Pod')) {
    const hasAddress = (pod.status?.podIPs ?? []).length > 0 && pod.spec?.nodeName !== undefined;
    const name = workloadName(cluster, pod);
    if (hasAddress && !first.has(name)) first.set(name, pod);
  }
  return [...first].map(([name, pod]) => ({ name, pod }));
}

const SHORT: Readonly<Record<string, string>> = {
  Deployment: 'deploy',
  ReplicaSet: 'rs',
  DaemonSet: 'ds',
  Job: 'job',
};

/** A name that does not change with the Pod's: its workload's. Pods of a StatefulSet keep theirs. */
function workloadName(cluster: Cluster, pod: Pod): string {
  const { kind, metadata } = workloadOf(cluster, pod);
  const short = SHORT[kind];
  const { namespace = '' } = pod.metadata;
  return short === undefined
    ? `${namespace}/${pod.metadata.name}`
    : `${namespace}/${short}/${metadata.name}`;
}
