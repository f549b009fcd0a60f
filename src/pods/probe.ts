import type { Probe } from '../api/index.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

/** What a probe makes of its container. */
export type ProbeVerdict = 'unknown' | 'success' | 'failure';

/** A probe between two of its runs. */
export interface ProbeState {
  readonly verdict: ProbeVerdict;
  /** The outcome of the latest run, and how many in a row were like it. */
  readonly isPassing: boolean;
  readonly runLength: number;
}

/** How a probe is run; all of it resolved, times in milliseconds. */
export interface ProbeTiming {
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/**
 * A probe's start: a container is not ready before its readiness probe has passed, alive until its liveness probe has
 * failed, and started when its startup probe has passed.
 *
 * ```
 *              started at once without a startup probe
 *            ┌──────────────────────────────────────────┐
 *            │                                          ▼
 *   container started ──> startup: unknown ──success──> STARTED ──┬─> readiness: failure ⇄ success
 *            ▲                  │                                 │      (endpoints leave and join)
 *            │                  │ failureThreshold                └─> liveness: success
 *            │                  ▼                                            │ failureThreshold
 *            └── back-off ── killed <────────────────────────────────────────┘
 * ```
 *
 * The verdict turns only after successThreshold or failureThreshold like outcomes in a row.
 *
 * @see kubernetes pkg/kubelet/prober/worker.go
 */
export const INITIAL_PROBE: Readonly<Record<ProbeKind, ProbeState>> = {
  startup: { verdict: 'unknown', isPassing: false, runLength: 0 },
  readiness: { verdict: 'failure', isPassing: false, runLength: 0 },
  liveness: { verdict: 'success', isPassing: false, runLength: 0 },
};

/** The probe after one more run. */
export function observeProbe(
  state: ProbeState,
  isPassing: boolean,
  { successThreshold, failureThreshold }: ProbeTiming,
): ProbeState {
  const isAlike = state.isPassing === isPassing && state.runLength > 0;
  const runLength = isAlike ? state.runLength + 1 : 1;
  const isSettled = runLength >= (isPassing ? successThreshold : failureThreshold);
  const settled: ProbeVerdict = isPassing ? 'success' : 'failure';
  return { verdict: isSettled ? settled : state.verdict, isPassing, runLength };
}

/** The probe's timing, with the API's defaults. */
export function probeTiming(probe: Probe): ProbeTiming {
  return {
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
    periodMs: (probe.periodSeconds ?? 10) * 1000,
    timeoutMs: (probe.timeoutSeconds ?? 1) * 1000,
    successThreshold: probe.successThreshold ?? 1,
    failureThreshold: probe.failureThreshold ?? 3,
  };
}
