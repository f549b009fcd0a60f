import {
  ApiError,
  type DeleteOptions,
  type JsonObject,
  compileLabelSelector,
  type Pod,
  type PodDisruptionBudget,
} from '../../api/index.ts';
import { decodeBody } from '../body.ts';
import { objectOf, type ApiContext, type Target } from '../context.ts';
import { methodNotAllowed } from '../refusals.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { judgeRequest } from '../resources/judge-request.ts';
import { success } from './success.ts';

/**
 * `POST pods/NAME/eviction`: deletes a Pod unless a PodDisruptionBudget forbids it.
 *
 * @throws ApiError TooManyRequests when a budget has no disruption left. @see Kubernetes documentation, API-initiated eviction
 */
export async function evictPod(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<ApiResponse> {
  if (request.method !== 'POST') throw notAllowed();
  const { value } = await decodeBody(request);
  const { namespace = '', name = '' } = target;
  // A Pod's definition leads to Pods.
  const pod = objectOf(target, context) as unknown as Pod;
  const options = deletionOf(value, request);
  const object = { apiVersion: 'policy/v1', kind: 'Eviction', ...value };
  const { user } = request;
  const { isDryRun } = options;
  await judgeRequest({ user, target, operation: 'CREATE', object, isDryRun }, context);
  const budgets = budgetsOf(pod, context);
  if (isActive(pod)) checkBudgets(pod, budgets);
  context.store.delete({ kind: 'Pod', namespace, name }, options);
  const [budget] = budgets;
  if (!options.isDryRun && budget !== undefined && isActive(pod)) spend(budget, pod, context);
  return success(201);
}

/** What the eviction says of the delete. */
function deletionOf(
  value: JsonObject,
  { query }: ApiRequest,
): DeleteOptions & { readonly isDryRun: boolean } {
  const { deleteOptions = {} } = value as { readonly deleteOptions?: EvictionOptions };
  const { gracePeriodSeconds, preconditions, dryRun = [] } = deleteOptions;
  return {
    isDryRun: dryRun.length > 0 || query.has('dryRun'),
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(preconditions !== undefined && { preconditions }),
  };
}

interface EvictionOptions {
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: readonly string[];
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** A Pod that has ended disturbs nobody by going. */
function isActive({ metadata, status }: Pod): boolean {
  const { phase } = status ?? {};
  return (
    phase !== 'Succeeded' &&
    phase !== 'Failed' &&
    phase !== 'Pending' &&
    metadata.deletionTimestamp === undefined
  );
}

function budgetsOf({ metadata }: Pod, { store }: ApiContext): readonly PodDisruptionBudget[] {
  const { namespace, labels } = metadata;
  return store
    .list<string>('PodDisruptionBudget.policy', { ...(namespace !== undefined && { namespace }) })
    .map((object) => object as PodDisruptionBudget)
    .filter(({ spec }) => compileLabelSelector(spec?.selector)(labels));
}

function checkBudgets(pod: Pod, budgets: readonly PodDisruptionBudget[]): void {
  if (budgets.length > 1)
    throw new ApiError(
      'InternalError',
      'Internal error occurred: This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const [budget] = budgets;
  if (budget === undefined || mayLeaveUnready(pod, budget)) return;
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  if (disruptionsAllowed > 0) return;
  throw new ApiError(
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      otherCauses: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
        },
      ],
    },
  );
}

/** A Pod that is not ready counts for nothing in its budget. */
function mayLeaveUnready({ status }: Pod, { spec, status: budget }: PodDisruptionBudget): boolean {
  const isReady = (status?.conditions ?? []).some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  );
  if (isReady) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = budget ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

/** One disruption less until the controller has counted again. */
function spend(budget: PodDisruptionBudget, pod: Pod, { store, clock }: ApiContext): void {
  const { name, namespace } = budget.metadata;
  const present: PodDisruptionBudget | undefined = store.get<string>(
    'PodDisruptionBudget.policy',
    namespace,
    name,
  );
  if (present === undefined) return;
  const { disruptionsAllowed = 0 } = present.status ?? {};
  if (disruptionsAllowed <= 0) return;
  const disruptedPods = {
    [pod.metadata.name]: new Date(clock.now()).toISOString().replace(/\.\d+/, ''),
  };
  store.update(
    {
      ...present,
      status: { ...present.status, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods },
    },
    { subresource: 'status' },
  );
}

function notAllowed(): ApiError {
  return methodNotAllowed();
}
