import { ApiError, notFound, type Pod } from '../../api/index.ts';
import { objectOf, type ApiContext, type Target } from '../context.ts';
import type { ContainerTarget } from '../streams/pod-access.ts';

/** The Pod that a request is about. @throws ApiError NotFound. */
export function podOf(target: Target, context: ApiContext): Pod {
  // A Pod's definition leads to Pods.
  return objectOf(target, context) as unknown as Pod;
}

/**
 * The container that a request is about: the one it names, the default one, or the only one.
 *
 * @throws ApiError BadRequest for a container that the Pod does not have, or for none where it has several.
 */
export function containerOf(pod: Pod, given: string | null): ContainerTarget {
  const { name } = pod.metadata;
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const [only, ...others] = containers;
  if (given === null || given === '') {
    if (only !== undefined && others.length === 0) return { pod, container: only.name };
    throw new ApiError(
      'BadRequest',
      `a container name must be specified for pod ${name}, choose one of: ${listed(containers)}${initContainers.length === 0 ? '' : ` or one of the init containers: ${listed(initContainers)}`}`,
    );
  }
  const all = [...containers, ...initContainers, ...ephemeralContainers];
  if (all.some((container) => container.name === given)) return { pod, container: given };
  throw new ApiError('BadRequest', `container ${given} is not valid for pod ${name}`);
}

function listed(containers: readonly { readonly name: string }[]): string {
  return `[${containers.map(({ name }) => name).join(' ')}]`;
}

/** @throws ApiError when no kubelet has the Pod: it is on no Node, or on one that is not there. */
export function checkOnNode(pod: Pod, { store, kinds }: ApiContext): void {
  const node = pod.spec?.nodeName ?? '';
  if (node === '')
    throw new ApiError('BadRequest', `pod ${pod.metadata.name} does not have a host assigned`);
  // The API server words it so, though it is the Node that is not there.
  if (store.get('Node', undefined, node) === undefined) throw notFound(kinds.byName('Pod'), node);
}
