import {
  describeObject,
  lintManifests,
  type KubeObject,
  type LintOptions,
  type LoadedManifests,
  type ManifestDocument,
  type Pod,
  type Problem,
} from '../api/index.ts';
import type { Cluster } from './create-cluster.ts';
import { ingressProblems } from './ingress-problems.ts';
import { workloadOf, type Workload } from './workload.ts';

type Parts = Pick<Cluster, 'kinds' | 'store'>;
type RunningPods = ReturnType<NonNullable<LintOptions['running']>>;

export interface AppliedManifests {
  readonly loaded: Pick<LoadedManifests, 'documents' | 'found'>;
  /** What the API said of them. */
  readonly problems: readonly Problem[];
  readonly ranges: NonNullable<LintOptions['ranges']>;
}

/**
 * What is wrong with manifests as things are now: others may have changed or deleted the objects since, or have added
 * what was missing.
 */
export function presentProblems(
  cluster: Parts,
  { loaded: { documents, found }, problems, ranges }: AppliedManifests,
): readonly Problem[] {
  const { store } = cluster;
  const present: ManifestDocument[] = [];
  const gone = new Set<string>();
  for (const document of documents) {
    const object = presentObject(cluster, document.object);
    if (object === undefined) gone.add(describeObject(document.object));
    else present.push(object === document.object ? document : { ...document, object });
  }
  const linted = lintManifests(present, {
    exists: (kind, home, name) => store.get<string>(kind, home, name) !== undefined,
    labelsOf: (namespace) => namespaceLabels(cluster, namespace),
    running: () => strayPods(cluster, present),
    ranges,
  });
  return [
    ...[...found, ...problems].filter(({ object }) => object === undefined || !gone.has(object)),
    ...linted,
    ...ingressProblems(present, store),
  ];
}

/** The object as it was written where it still is so, else as it is now; undefined where it is gone. */
function presentObject({ kinds, store }: Parts, object: KubeObject): KubeObject | undefined {
  const { name, namespace = 'default' } = object.metadata;
  if (name === '' || name === undefined) return object;
  const kind = kinds.byApiVersion(object.apiVersion, object.kind);
  const live = store.get<string>(kind.name, kind.isNamespaced ? namespace : undefined, name);
  if (live === undefined) return undefined;
  const { status: _, ...written } = object;
  return contains(live, written) ? object : live;
}

/** Whether all that is written is there; what the API has added does not count. */
function contains(live: unknown, written: unknown): boolean {
  if (Array.isArray(written))
    return (
      Array.isArray(live) &&
      live.length === written.length &&
      written.every((item, index) => contains(live[index], item))
    );
  if (typeof written !== 'object' || written === null) return live === written;
  if (typeof live !== 'object' || live === null) return false;
  const own = live as Readonly<Record<string, unknown>>; // no array: what is written is none
  return Object.entries(written).every(([key, value]) => contains(own[key], value));
}

/** Pods that run, and that no document brings about: those are looked at by their templates. */
function strayPods(cluster: Parts, documents: readonly ManifestDocument[]): RunningPods {
  const owners = new Set(documents.map(({ object }) => keyOf(object)));
  return runningPods(cluster, (pod) => !owners.has(keyOf(workloadOf(cluster, pod))));
}

/** What selectors and ports are looked for in, besides the documents. */
export function runningPods(
  { store }: Pick<Cluster, 'store'>,
  isMeant: (pod: Pod) => boolean = () => true,
): RunningPods {
  return store
    .list('Pod')
    .filter(isMeant)
    .map(({ metadata: { namespace = '', labels = {} }, spec }) => ({ namespace, labels, spec }));
}

/** What a Namespace that is there is labelled with. */
export function namespaceLabels(
  { store }: Pick<Cluster, 'store'>,
  name: string,
): Readonly<Record<string, string>> {
  return store.get('Namespace', undefined, name)?.metadata.labels ?? {};
}

function keyOf({ kind, metadata }: Workload): string {
  return `${kind} ${metadata.namespace ?? 'default'}/${metadata.name}`;
}
