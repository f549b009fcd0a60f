import type { Container, Probe } from '../api/index.ts';
import type { Clock } from '../observe/index.ts';
import {
  INITIAL_PROBE,
  observeProbe,
  type ProbeKind,
  type ProbeState,
  type ProbeTiming,
  probeTiming,
} from './probe.ts';

/** What one run of a probe found. */
export interface ProbeOutcome {
  readonly isPassing: boolean;
  /** Why it failed, in the kubelet's words. */
  readonly message: string;
}

export interface ContainerProbesOptions {
  readonly container: Container;
  readonly clock: Clock;
  /** Runs a probe once. Never rejects. */
  readonly run: (probe: Probe, timeoutMs: number) => Promise<ProbeOutcome>;
  /** The startup probe has passed, or there is none. */
  readonly onStarted: () => void;
  readonly onReady: (isReady: boolean) => void;
  /** A startup or liveness probe has failed for good. */
  readonly onUnhealthy: (kind: ProbeKind, probe: Probe) => void;
  readonly onFailure: (kind: ProbeKind, message: string) => void;
}

/** The probes of one running container, from its start to its end. */
export class ContainerProbes implements Disposable {
  readonly #options: ContainerProbesOptions;
  readonly #timers = new Map<ProbeKind, Disposable>();
  readonly #startedAt: number;
  #isDisposed = false;
  #isTerminating = false;

  constructor(options: ContainerProbesOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  /** Begins; a container without probes is started and ready before this returns. */
  start(): void {
    const { startupProbe } = this.#options.container;
    if (startupProbe === undefined) this.#afterStartup();
    else this.#begin('startup', startupProbe);
  }

  /** The Pod is being deleted: only readiness still counts. */
  terminate(): void {
    this.#isTerminating = true;
    for (const kind of ['startup', 'liveness'] as const) this.#stop(kind);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const kind of this.#timers.keys()) this.#stop(kind);
  }

  #afterStartup(): void {
    const { container, onStarted, onReady } = this.#options;
    onStarted();
    if (container.readinessProbe === undefined) onReady(true);
    else this.#begin('readiness', container.readinessProbe);
    if (container.livenessProbe !== undefined) this.#begin('liveness', container.livenessProbe);
  }

  #begin(kind: ProbeKind, probe: Probe): void {
    const timing = probeTiming(probe);
    const { clock } = this.#options;
    const run = { kind, probe, timing };
    const delayMs = this.#startedAt + timing.initialDelayMs - clock.now();
    this.#schedule(run, INITIAL_PROBE[kind], delayMs);
  }

  #schedule(run: ProbeRun, state: ProbeState, delayMs: number): void {
    if (this.#isDisposed) return;
    if (delayMs <= 0) void this.#probe(run, state);
    else
      this.#timers.set(
        run.kind,
        this.#options.clock.setTimer(delayMs, () => void this.#probe(run, state)),
      );
  }

  async #probe(run: ProbeRun, state: ProbeState): Promise<void> {
    const { clock, onFailure } = this.#options;
    const begunAt = clock.now();
    const { isPassing, message } = await this.#options.run(run.probe, run.timing.timeoutMs);
    if (this.#isDisposed || (this.#isTerminating && run.kind !== 'readiness')) return;
    const next = observeProbe(state, isPassing, run.timing);
    if (!isPassing) onFailure(run.kind, message);
    const isOver = next.verdict !== state.verdict && this.#turn(run, next);
    const waitMs = Math.max(1, begunAt + run.timing.periodMs - clock.now());
    if (!isOver) this.#schedule(run, next, waitMs);
  }

  /** Acts on a verdict that has turned. @returns whether the probe is over. */
  #turn({ kind, probe }: ProbeRun, { verdict }: ProbeState): boolean {
    const { onReady, onUnhealthy } = this.#options;
    if (kind === 'readiness') {
      onReady(verdict === 'success');
      return false;
    }
    if (verdict === 'failure') onUnhealthy(kind, probe);
    else if (kind === 'startup') this.#afterStartup();
    return true;
  }

  #stop(kind: ProbeKind): void {
    this.#timers.get(kind)?.[Symbol.dispose]();
    this.#timers.delete(kind);
  }
}

interface ProbeRun {
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly timing: ProbeTiming;
}
