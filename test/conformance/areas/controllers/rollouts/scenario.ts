/** A scenario of `rollouts.json`: what a real controller manager did, one phase for each action of a user. */
export interface Scenario {
  readonly about: string;
  readonly phases: readonly Phase[];
  readonly events: readonly EventTuple[];
  /** Snapshots, by the moment or the thing that they show. */
  readonly [key: string]: unknown;
}

export interface Phase {
  /** What the user did. */
  readonly phase: string;
  readonly rsOps: readonly string[];
  readonly rsOpsOtherRun?: readonly string[];
  /** Whether there is only one order of `rsOps`. */
  readonly strict?: boolean;
  readonly minReady: number;
  readonly maxTotal: number;
  readonly trace: readonly TraceRow[];
}

/** What happened, and how many Pods there were after it: live, terminating and ready; and what ReplicaSets ask for. */
export type TraceRow = readonly [
  what: string,
  total: number,
  terminating: number,
  ready: number,
  desired: Readonly<Record<string, number>>,
];

export type EventTuple = readonly [
  type: string,
  reason: string,
  kind: string,
  message: string,
  component: string,
];

/** Keys of a scenario that are no snapshots: what is checked elsewhere, words for readers, and times of one run. */
export const NO_SNAPSHOTS: ReadonlySet<string> = new Set([
  'about',
  'phases',
  'events',
  'bounds',
  'notes',
  'secondsToGo',
]);

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const HASH = new RegExp(`(?<![a-z0-9])[${ALPHABET}]{8,10}(?![a-z0-9])`, 'g');
const ID = new RegExp(`(?<=[a-z0-9>])-[${ALPHABET}]{5}(?![a-z0-9-])`, 'g');
const UID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;

/** `value` with generated parts of its texts as the tables write them: `<hash>`, `<id>`, `<uid>`. */
export function scrub(value: unknown, namespace: string): unknown {
  if (typeof value === 'string')
    return value
      .replaceAll(UID, '<uid>')
      .replaceAll(HASH, '<hash>')
      .replaceAll(ID, '-<id>')
      .replaceAll(`namespace ${namespace} `, 'namespace <ns> ')
      .replaceAll(`${namespace}/`, '<ns>/');
  if (Array.isArray(value)) return value.map((item) => scrub(item, namespace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, scrub(field, namespace)]),
  );
}
