import {
  compileLabelSelector,
  deepEqual,
  formatTime,
  type Condition,
  type LabelSelector,
  type Pod,
  type PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
} from '../../api/index.ts';
import { warning } from '../announce.ts';
import { splitKey } from '../change.ts';
import type { Change, EventNote, Snapshot } from '../controller.ts';
import { defined } from '../defined.ts';
import { isPodReady } from '../pod-condition.ts';
import { listOptionsOf } from '../selector.ts';
import { BUDGET_KIND } from './budget.ts';
import { disruptedPods, type Disrupted } from './disrupted-pods.ts';
import { expectationOf } from './expected-pods.ts';

/**
 * Counts the healthy Pods of a PodDisruptionBudget and says how many may be evicted.
 *
 * @see kubernetes pkg/controller/disruption/disruption.go `trySync`
 */
export function reconcileBudget(key: string, snapshot: Snapshot): readonly Change[] {
  const [namespace, name] = splitKey(key);
  const budget: PodDisruptionBudget | undefined = snapshot.get<string>(
    BUDGET_KIND,
    namespace,
    name,
  );
  if (budget === undefined) return [];
  const pods = podsOf(budget, snapshot);
  const none = pods.length === 0 ? [told(budget, NO_PODS)] : [];
  const expectation = expectationOf(budget, pods, snapshot);
  if (typeof expectation === 'string')
    return [...none, ...giveUp(budget, expectation, snapshot.now)];
  const { hasUnmanaged, ...counts } = expectation;
  const disrupted = disruptedPods(budget, pods, snapshot.now);
  const currentHealthy = pods.filter((pod) => isHealthy(pod, disrupted)).length;
  const spare = currentHealthy - counts.desiredHealthy;
  // A budget without Pods is kept shut until it was counted with its first ones.
  const disruptionsAllowed = counts.expectedPods > 0 ? Math.max(0, spare) : 0;
  const status = {
    ...defined({ disruptedPods: disrupted.disruptedPods }),
    currentHealthy,
    ...counts,
    disruptionsAllowed,
  };
  const verdict = disruptionsAllowed > 0 ? SUFFICIENT : INSUFFICIENT;
  return [
    ...none,
    ...(hasUnmanaged ? [told(budget, unmanagedNote(budget))] : []),
    ...disrupted.overdue.map((pod) => tellOverdue(pod, budget)),
    ...report(budget, { ...status, ...observed(budget) }, { verdict, now: snapshot.now }),
    ...(disrupted.recheckAt === undefined
      ? []
      : [{ kind: 'requeue', afterMs: disrupted.recheckAt - snapshot.now } as const]),
  ];
}

function podsOf({ metadata, spec }: PodDisruptionBudget, snapshot: Snapshot): readonly Pod[] {
  const { selector } = spec ?? {};
  if (selector === undefined) return [];
  const selects = compileLabelSelector(selector);
  const { namespace = '' } = metadata;
  return snapshot
    .list('Pod', { namespace, ...listOptionsOf(selector) })
    .filter((pod) => selects(pod.metadata.labels));
}

function isHealthy(pod: Pod, { disruptedPods: leaving = {} }: Disrupted): boolean {
  const { name, deletionTimestamp } = pod.metadata;
  return deletionTimestamp === undefined && leaving[name] === undefined && isPodReady(pod);
}

interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

const SUFFICIENT: Verdict = { status: 'True', reason: 'SufficientPods', message: '' };
const INSUFFICIENT: Verdict = { status: 'False', reason: 'InsufficientPods', message: '' };

/** Nothing may be evicted while it is not known how many Pods there should be. */
function giveUp(budget: PodDisruptionBudget, because: string, now: number): readonly Change[] {
  const message = `Failed to calculate the number of expected pods: ${because}`;
  const status = { ...budget.status, disruptionsAllowed: 0 };
  const verdict: Verdict = { status: 'False', reason: 'SyncFailed', message: because };
  return [
    told(budget, { type: 'Warning', reason: 'CalculateExpectedPodCountFailed', message }),
    ...report(budget, status, { verdict, now }),
    { kind: 'fail', because },
  ];
}

function observed({ metadata }: PodDisruptionBudget): PodDisruptionBudgetStatus {
  return defined({ observedGeneration: metadata.generation });
}

function report(
  budget: PodDisruptionBudget,
  counted: PodDisruptionBudgetStatus,
  { verdict, now }: { readonly verdict: Verdict; readonly now: number },
): readonly Change[] {
  const known = budget.status?.conditions ?? [];
  const present = known.find(({ type }) => type === ALLOWED);
  const condition: Condition = {
    type: ALLOWED,
    ...defined({ observedGeneration: counted.observedGeneration }),
    ...verdict,
    lastTransitionTime:
      present?.status === verdict.status ? present.lastTransitionTime : formatTime(now),
  };
  const others = known.filter(({ type }) => type !== ALLOWED);
  const status = { ...counted, conditions: [...others, condition] };
  if (deepEqual(status, budget.status)) return [];
  return [{ kind: 'updateStatus', object: { ...budget, status } }];
}

const ALLOWED = 'DisruptionAllowed';

type Note = Omit<EventNote, 'about'>;

const NO_PODS: Note = { type: 'Normal', reason: 'NoPods', message: 'No matching pods found' };

function told({ metadata }: PodDisruptionBudget, note: Note): Change {
  const { namespace = '', name } = metadata;
  return { kind: 'event', event: { about: { kind: BUDGET_KIND, namespace, name }, ...note } };
}

function tellOverdue(pod: Pod, { metadata }: PodDisruptionBudget): Change {
  const { namespace = '', name } = metadata;
  const message = `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`;
  return { kind: 'event', event: warning(pod, 'NotDeleted', message) };
}

function unmanagedNote({ spec }: PodDisruptionBudget): Note {
  const message =
    `Pods selected by this PodDisruptionBudget (selector: ${selectorText(spec?.selector ?? {})}) were found to be ` +
    'unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined ' +
    'behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
  return { type: 'Warning', reason: 'UnmanagedPods', message };
}

/** A selector as Go prints it. */
function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
