import { formatTime, type Node, type Taint } from '../../api/index.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Condition, its status, and the taint that it brings. @see kubernetes nodelifecycle `nodeConditionToTaintKeyStatusMap` */
const CONDITION_TAINTS = [
  ['Ready', 'False', NOT_READY],
  ['Ready', 'Unknown', UNREACHABLE],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
] as const;

const MANAGED: ReadonlySet<string> = new Set([
  UNSCHEDULABLE,
  ...CONDITION_TAINTS.map(([, , key]) => key),
]);

/**
 * A Node's taints as its conditions and `spec.unschedulable` want them; all others stay.
 *
 * @returns the very list of the Node when it is right already.
 */
export function lifecycleTaints(node: Node, now: number): readonly Taint[] {
  const present = node.spec?.taints ?? [];
  const wanted = wantedTaints(node);
  const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  const kept = present.filter(
    (taint) => !MANAGED.has(taint.key) || wanted.some((other) => isSame(taint, other)),
  );
  const added = wanted.filter((taint) => !present.some((other) => isSame(taint, other)));
  if (kept.length === present.length && added.length === 0) return present;
  const timeAdded = formatTime(now);
  return [
    ...kept,
    ...added.map((taint) => (taint.effect === 'NoExecute' ? { ...taint, timeAdded } : taint)),
  ];
}

function wantedTaints({ spec, status }: Node): readonly Taint[] {
  const conditions = status?.conditions ?? [];
  const keys = CONDITION_TAINTS.filter(([type, value]) =>
    conditions.some((condition) => condition.type === type && condition.status === value),
  ).map(([, , key]) => key);
  const evicting = keys.filter((key) => key === NOT_READY || key === UNREACHABLE);
  return [
    ...(spec?.unschedulable === true ? [{ key: UNSCHEDULABLE, effect: 'NoSchedule' }] : []),
    ...keys.map((key) => ({ key, effect: 'NoSchedule' })),
    ...evicting.map((key) => ({ key, effect: 'NoExecute' })),
  ];
}
