/** How long a container that keeps ending waits before it is started again. */
export interface Backoff {
  readonly delayMs: number;
  /** The end of the container that set it, in milliseconds. */
  readonly lastAt: number;
}

/** @see kubelet: MaxContainerBackOff and its initial value */
const INITIAL_MS = 10_000;
const MAX_MS = 300_000;

export type RestartVerdict =
  | { readonly kind: 'start'; readonly backoff: Backoff }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly delayMs: number };

/**
 * Whether a container that ended at `finishedAt` may start again.
 *
 * The first restart is at once, the next ones wait 10 s, 20 s, 40 s … 300 s after the end; a container that ran for ten
 * minutes starts afresh.
 *
 * @see client-go util/flowcontrol Backoff, as the kubelet's doBackOff uses it
 */
export function decideRestart(
  backoff: Backoff | undefined,
  finishedAt: number,
  now: number,
): RestartVerdict {
  const isFresh = backoff === undefined || finishedAt - backoff.lastAt > 2 * MAX_MS;
  if (isFresh) return { kind: 'start', backoff: { delayMs: INITIAL_MS, lastAt: finishedAt } };
  const untilMs = finishedAt + backoff.delayMs;
  if (now < untilMs) return { kind: 'wait', untilMs, delayMs: backoff.delayMs };
  const delayMs = Math.min(backoff.delayMs * 2, MAX_MS);
  return { kind: 'start', backoff: { delayMs, lastAt: now } };
}

/** `10s`, `1m20s`: as Go prints durations. */
export function formatDelay(delayMs: number): string {
  const seconds = Math.round(delayMs / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`;
}
