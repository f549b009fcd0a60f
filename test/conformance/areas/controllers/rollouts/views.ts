/** What snapshots show of a cluster, in the forms of the tables. */
import type {
  Deployment,
  Job,
  KindName,
  Node,
  ObjectMeta,
  ObjectOf,
  Pod,
  ReplicaSet,
  StatefulSet,
} from '../../../../../src/api/index.ts';
import { isRecord } from '../expectation.ts';
import type { Play } from './actions.ts';
import type { Stage } from './stage.ts';

/** A cluster at one moment. */
export interface View {
  readonly list: <K extends KindName>(kind: K) => readonly ObjectOf<K>[];
}

const KINDS = [
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'Pod',
  'ControllerRevision',
  'PersistentVolumeClaim',
  'ConfigMap',
  'Namespace',
  'Node',
] as const;

/** The cluster as it is now. */
export function viewOf(stage: Stage): View {
  const lists = new Map<string, readonly unknown[]>(
    KINDS.map((kind) => [
      kind,
      kind === 'Namespace' || kind === 'Node' ? stage.store.list(kind) : stage.list(kind),
    ]),
  );
  // Each list was stored under its own kind.
  return {
    list: <K extends KindName>(kind: K) => (lists.get(kind) ?? []) as readonly ObjectOf<K>[],
  };
}

/** What a snapshot of this name and form shows of the cluster; `undefined` where its form is not understood. */
export function show(play: Play, view: View, [key, wanted]: readonly [string, unknown]): unknown {
  if (play.remembered.has(key)) return play.remembered.get(key);
  const named = NAMED[key];
  if (named !== undefined) return named(view, play, wanted);
  if (Array.isArray(wanted)) return replicaSets(view, wanted);
  if (!isRecord(wanted)) return undefined;
  return byForm(play, view, wanted);
}

function byForm({ kind }: Play, view: View, wanted: Readonly<Record<string, unknown>>): unknown {
  const [deployment] = view.list('Deployment');
  if (kind === 'Deployment' && deployment !== undefined)
    return 'status' in wanted ? showDeployment(deployment) : counters(deployment.status);
  const [set] = view.list('StatefulSet');
  if (set !== undefined) return showStatefulSet(set);
  const [daemons] = view.list('DaemonSet');
  if (daemons !== undefined) return counters(daemons.status);
  const [job] = view.list('Job');
  return job === undefined ? undefined : showJob(job);
}

type Show = (view: View, play: Play, wanted: unknown) => unknown;

const NAMED: Readonly<Record<string, Show>> = {
  pod: showPod,
  images: (view) =>
    Object.fromEntries(
      view.list('Pod').map(({ metadata, spec }) => [metadata.name, spec?.containers[0]?.image]),
    ),
  revisions: showRevisions,
  pvcs: (view) => view.list('PersistentVolumeClaim').map(({ metadata }) => metadata.name),
  storedStrategy: (view) => view.list('StatefulSet')[0]?.spec?.updateStrategy,
  left: countsOf,
  leftWhileHeld: countsOf,
  heldConditions: (view, { stage }) =>
    view
      .list('Namespace')
      .find(({ metadata }) => metadata.name === stage.namespace)
      ?.status?.conditions?.map(({ type, status, reason, message }) => [
        type,
        status,
        reason,
        message,
      ]),
  afterwards: (view, { stage }) =>
    codeOf(view.list('Namespace').some(({ metadata }) => metadata.name === stage.namespace)),
  jobCode: (view) => codeOf(view.list('Job').length > 0),
  podsLeft: (view) => view.list('Pod').length,
  podsKept: (view) => view.list('Pod').length,
  readopted: (view, { remembered }) => codeOf(hasPod(view, remembered.get('bare'))),
  failedPodKept: (view, { remembered }) => codeOf(hasPod(view, remembered.get('failed'))),
  adoptedOwner: (view) =>
    withoutUid(view.list('Pod').find(({ metadata }) => metadata.name === 'a')?.metadata),
  released: (view) =>
    withoutUid(view.list('Pod').find(({ metadata }) => metadata.name === 'a')?.metadata) ?? null,
  tolerations: (view) => view.list('Pod')[0]?.spec?.tolerations,
  affinity: (view, _, wanted) =>
    view
      .list('Pod')
      .find(({ spec }) => JSON.stringify(wanted).includes(`"${spec?.nodeName ?? ''}"`))?.spec
      ?.affinity,
  labels: (view) => view.list('Pod')[0]?.metadata.labels,
  podName: (view) => view.list('Pod')[0]?.metadata.name,
  podsOnGoneNode: (view) => podsOnGoneNode(view.list('Pod'), view.list('Node')),
  podLabels: (view) => view.list('Pod')[0]?.metadata.labels,
  podFinalizers: (view) => view.list('Pod')[0]?.metadata.finalizers ?? null,
  podNames: (view) => view.list('Pod').map(({ metadata }) => metadata.name),
  secondsBetweenPods: (view) => secondsBetween(view.list('Pod')),
  jobLabelsSelector: (view) => {
    const [job] = view.list('Job');
    return [job?.metadata.labels, job?.spec?.selector, job?.spec?.template.metadata];
  },
  specDefaults: (view) => {
    const { selector: _selector, template: _template, ...spec } = view.list('Job')[0]?.spec ?? {};
    return spec;
  },
};

function codeOf(isThere: boolean): number {
  return isThere ? 200 : 404;
}

function hasPod(view: View, name: unknown): boolean {
  return view.list('Pod').some(({ metadata }) => metadata.name === name);
}

function withoutUid(metadata: ObjectMeta | undefined): unknown {
  return metadata?.ownerReferences?.map(({ uid: _uid, ...reference }) => reference);
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

function conditionRows(conditions: readonly Condition[] = []): unknown {
  return conditions.map(({ type, status, reason, message }) => [type, status, reason, message]);
}

function counters(status: object | undefined): object {
  const { conditions: _, ...rest } = (status ?? {}) as { readonly conditions?: unknown };
  return rest;
}

function showDeployment({ metadata, status }: Deployment): unknown {
  return {
    annotations: metadata.annotations,
    generation: metadata.generation,
    status: counters(status),
    conditions: conditionRows(status?.conditions),
  };
}

function showStatefulSet({ status }: StatefulSet): unknown {
  return {
    status: counters(status),
    updatedIsCurrent: status?.currentRevision === status?.updateRevision,
  };
}

function showJob({ status = {} }: Job): unknown {
  const { startTime, completionTime, ...rest } = status;
  return {
    status: counters(rest),
    hasStartTime: startTime !== undefined,
    hasCompletionTime: completionTime !== undefined,
    conditions: conditionRows(status.conditions),
  };
}

const PREFIX = 'deployment.kubernetes.io/';

function revisionOf({ metadata }: ReplicaSet): string {
  return metadata.annotations?.[`${PREFIX}revision`] ?? '';
}

/** ReplicaSets by their revision, in the form of the first one that is wanted. */
function replicaSets(view: View, wanted: readonly unknown[]): unknown {
  const [first] = wanted;
  const sorted = view
    .list('ReplicaSet')
    .toSorted((a, b) => Number(revisionOf(a)) - Number(revisionOf(b)));
  if (!Array.isArray(first)) return sorted.map((replicaSet) => showReplicaSet(replicaSet, first));
  return sorted.map((replicaSet) => {
    const annotations = replicaSet.metadata.annotations ?? {};
    const replicas = replicaSet.spec?.replicas;
    return typeof first[1] === 'string'
      ? [revisionOf(replicaSet), imageOf(replicaSet), replicas]
      : [
          revisionOf(replicaSet),
          replicas,
          annotations[`${PREFIX}desired-replicas`],
          annotations[`${PREFIX}max-replicas`],
        ];
  });
}

function imageOf({ spec }: ReplicaSet): string | undefined {
  return spec?.template?.spec?.containers[0]?.image;
}

function showReplicaSet(replicaSet: ReplicaSet, wanted: unknown): unknown {
  const { metadata, spec } = replicaSet;
  const all: Readonly<Record<string, unknown>> = {
    revision: revisionOf(replicaSet),
    annotations: metadata.annotations,
    image: imageOf(replicaSet),
    replicas: spec?.replicas,
    name: metadata.name,
    rawName: metadata.name,
    labels: metadata.labels,
    selector: spec?.selector,
    ownerReferences: withoutUid(metadata),
  };
  if (!isRecord(wanted)) return all;
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, all[key]]));
}

/** The Deployment's and its ReplicaSets' annotations after each change of the template. */
export function showHistory(views: readonly View[], wanted: readonly unknown[]): unknown {
  return wanted.map((entry, index) => {
    const view = views[index + 1];
    const { after = '', rs = [] } = entry as { after?: string; rs?: readonly unknown[] };
    const deployment = view?.list('Deployment')[0]?.metadata.annotations;
    return { after, deployment, rs: view === undefined ? [] : replicaSets(view, rs) };
  });
}

function showPod(view: View, _: Play, wanted: unknown): unknown {
  if (!isRecord(wanted)) return undefined;
  const labels = isRecord(wanted['labels']) ? wanted['labels'] : {};
  const name = labels['statefulset.kubernetes.io/pod-name'];
  const pod = view.list('Pod').find(({ metadata }) => name === undefined || metadata.name === name);
  if (pod === undefined) return undefined;
  const { metadata, spec } = pod;
  const all: Readonly<Record<string, unknown>> = {
    name: metadata.name,
    rawName: metadata.name,
    generateName: metadata.generateName,
    labels: metadata.labels,
    ownerReferences: withoutUid(metadata),
    hostname: spec?.hostname,
    subdomain: spec?.subdomain,
    volumes: spec?.volumes,
  };
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, all[key]]));
}

function showRevisions(view: View, _: Play, wanted: unknown): unknown {
  const revisions = view.list('ControllerRevision').toSorted((a, b) => a.revision - b.revision);
  const isPairs = Array.isArray(wanted) && Array.isArray(wanted[0]);
  return revisions.map(({ metadata, revision }) =>
    isPairs
      ? [metadata.name, revision]
      : { name: metadata.name, raw: metadata.name, revision, labels: metadata.labels },
  );
}

const PLURALS: Readonly<Record<string, (typeof KINDS)[number]>> = {
  deployments: 'Deployment',
  replicasets: 'ReplicaSet',
  pods: 'Pod',
  configmaps: 'ConfigMap',
};

function countsOf(view: View, _: Play, wanted: unknown): unknown {
  return Object.fromEntries(
    Object.keys(isRecord(wanted) ? wanted : {}).map((plural) => {
      const kind = PLURALS[plural];
      return [plural, kind === undefined ? 'not understood' : view.list(kind).length];
    }),
  );
}

function podsOnGoneNode(pods: readonly Pod[], nodes: readonly Node[]): unknown {
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  return pods.flatMap(({ spec }) =>
    names.has(spec?.nodeName ?? '') ? [] : [spec?.nodeName ?? ''],
  );
}

function secondsBetween(pods: readonly Pod[]): readonly number[] {
  const times = pods
    .map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') / 1000)
    .toSorted((a, b) => a - b);
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}
