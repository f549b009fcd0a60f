import type { Pod } from '../../api/index.ts';
import type { MatrixRequest, MatrixResult } from '../../control/index.ts';
import { PodlaneError } from '../../net/index.ts';
import { podCaller } from '../caller.ts';
import { podTarget, serviceTarget, type ReachTarget } from './find-target.ts';
import { inParallel } from './in-parallel.ts';
import { probe, type ReachQuestion, type ReachWorld } from './probe.ts';
import { targetPort } from './target-port.ts';

/** More than this nobody reads, and it takes long. */
const MAX_FLOWS = 250_000;

/**
 * Who reaches whom: every Pod of a namespace, or of all, to each of them, and to the Services where they are wanted.
 *
 * @throws PodlaneError `ERR_OPTION` where there are too many flows, or no such namespace; `ERR_API_BAD_REQUEST` for a selector that is none.
 */
export async function matrix(world: ReachWorld, request: MatrixRequest): Promise<MatrixResult> {
  const { pods, skipped } = podsOf(world, request);
  const targets = targetsOf(world, request, pods);
  const { store } = world.cluster;
  if (pods.length * targets.length > MAX_FLOWS)
    throw new PodlaneError(
      'ERR_OPTION',
      `${pods.length} Pods × ${targets.length} targets are too many flows: at most ${MAX_FLOWS}`,
      { hint: 'Narrow it with -n NAMESPACE or -l SELECTOR.' },
    );
  const callers = pods.map(({ metadata: { name, namespace = '' } }) =>
    podCaller(store, `${namespace}/${name}`),
  );
  const questions = callers.flatMap((caller) => targets.map((target) => ({ caller, ...target })));
  const flows = await inParallel(questions, async (question) => {
    const { steps: _, ...flow } = (await probe(world, question)).result;
    return flow;
  });
  return {
    rows: callers.map(({ text }) => text),
    columns: targets.map(({ target }) => target.text),
    flows,
    skipped,
  };
}

type Target = Pick<ReachQuestion, 'target' | 'port'>;

function targetsOf(
  { cluster: { store } }: ReachWorld,
  request: MatrixRequest,
  pods: readonly Pod[],
): readonly Target[] {
  const services = request.hasServices === true ? store.list('Service', scopeOf(request)) : [];
  const all: readonly ReachTarget[] = [...pods.map(podTarget), ...services.map(serviceTarget)];
  const { port: wished, protocol } = request;
  return all.flatMap((target) => {
    const port = targetPort(target, { port: wished, protocol });
    return port === undefined ? [] : [{ target, port }];
  });
}

function scopeOf({ isAllNamespaces, namespace }: MatrixRequest): { readonly namespace?: string } {
  return isAllNamespaces === true ? {} : { namespace };
}

function podsOf(
  { cluster: { store } }: ReachWorld,
  request: MatrixRequest,
): { readonly pods: readonly Pod[]; readonly skipped: readonly string[] } {
  const { labelSelector, namespace, isAllNamespaces } = request;
  if (isAllNamespaces !== true && store.get('Namespace', undefined, namespace) === undefined)
    throw new PodlaneError('ERR_OPTION', `there is no namespace "${namespace}"`, {
      hint: 'Name one with -n, or take all with -A; `podlane get ns` lists them.',
    });
  const found = store.list('Pod', {
    ...scopeOf(request),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  });
  const skipped = found.flatMap((pod) => {
    const why = absence(pod);
    return why === undefined ? [] : [`${pod.metadata.namespace}/${pod.metadata.name}: ${why}`];
  });
  return { pods: found.filter((pod) => absence(pod) === undefined), skipped };
}

/** Why a Pod can neither ask nor answer. */
function absence({ spec, status }: Pod): string | undefined {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return 'it has ended';
  const hasAddress = (status?.podIPs ?? []).length > 0 && spec?.nodeName !== undefined;
  return hasAddress ? undefined : 'it has no address yet';
}
