import {
  guessPlural,
  formatTime,
  type KubeObject,
  type NamespaceCondition,
} from '../../api/index.ts';

interface Finding {
  readonly type: string;
  readonly isFine: boolean;
  readonly reason: string;
  readonly message: string;
}

/**
 * The conditions of a Namespace that is being deleted while `remaining` is in it.
 *
 * @param old Those it has: one that says the same keeps its time.
 * @see kubernetes `pkg/controller/namespace/deletion/status_condition_utils.go`
 */
export function deletionConditions(
  remaining: readonly KubeObject[],
  old: readonly NamespaceCondition[],
  now: number,
): readonly NamespaceCondition[] {
  return [...SUCCESSES, remainingContent(remaining), remainingFinalizers(remaining)].map(
    ({ type, isFine, reason, message }) => {
      const status = isFine ? 'False' : 'True';
      const same = old.find((condition) => condition.type === type);
      const isSame = same?.status === status && same.reason === reason && same.message === message;
      return isSame ? same : { type, status, lastTransitionTime: formatTime(now), reason, message };
    },
  );
}

/** What cannot fail here: discovery and deletion do not go over a network. */
const SUCCESSES: readonly Finding[] = [
  {
    type: 'NamespaceDeletionDiscoveryFailure',
    isFine: true,
    reason: 'ResourcesDiscovered',
    message: 'All resources successfully discovered',
  },
  {
    type: 'NamespaceDeletionGroupVersionParsingFailure',
    isFine: true,
    reason: 'ParsedGroupVersions',
    message: 'All legacy kube types successfully parsed',
  },
  {
    type: 'NamespaceDeletionContentFailure',
    isFine: true,
    reason: 'ContentDeleted',
    message: 'All content successfully deleted, may be waiting on finalization',
  },
];

function remainingContent(remaining: readonly KubeObject[]): Finding {
  const type = 'NamespaceContentRemaining';
  if (remaining.length === 0)
    return {
      type,
      isFine: true,
      reason: 'ContentRemoved',
      message: 'All content successfully removed',
    };
  const counts = countBy(remaining, (object) => [resourceOf(object)]);
  const texts = counts.map(([resource, count]) => `${resource} has ${count} resource instances`);
  return {
    type,
    isFine: false,
    reason: 'SomeResourcesRemain',
    message: `Some resources are remaining: ${texts.join(', ')}`,
  };
}

function remainingFinalizers(remaining: readonly KubeObject[]): Finding {
  const type = 'NamespaceFinalizersRemaining';
  const counts = countBy(remaining, ({ metadata }) => metadata.finalizers ?? []);
  if (counts.length === 0)
    return {
      type,
      isFine: true,
      reason: 'ContentHasNoFinalizers',
      message: 'All content-preserving finalizers finished',
    };
  const texts = counts.map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  return {
    type,
    isFine: false,
    reason: 'SomeFinalizersRemain',
    message: `Some content in the namespace has finalizers remaining: ${texts.join(', ')}`,
  };
}

/** `deployments.apps`, and `pods.` with the core group's empty name. */
function resourceOf({ apiVersion, kind }: KubeObject): string {
  const slash = apiVersion.indexOf('/');
  return `${guessPlural(kind)}.${slash === -1 ? '' : apiVersion.slice(0, slash)}`;
}

function countBy(
  objects: readonly KubeObject[],
  names: (object: KubeObject) => readonly string[],
): readonly (readonly [name: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const object of objects)
    for (const name of names(object)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
