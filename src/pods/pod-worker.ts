import { ApiError, type Container, type Pod, type PodSpec } from '../api/index.ts';
import type { ContainerLog } from './container-log.ts';
import { type ContainerRecord, endOf, recordOf } from './container-record.ts';
import { ContainerLogs } from './container-logs.ts';
import { ContainerRunner, MINIMUM_GRACE_MS, type RunnerPod } from './container-runner.ts';
import type { KubeletContext } from './kubelet-context.ts';
import { planPod, type PodAction } from './lifecycle.ts';
import { note } from './pod-note.ts';
import { isHeldUnready, isTerminalPhase } from './pod-status.ts';
import { formatDelay } from './restart-backoff.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import type { ExecResult } from './workload.ts';
import { PodVolumes } from './writable-volumes.ts';
import { writePodStatus } from './write-pod-status.ts';

const DEFAULT_GRACE_SECONDS = 30;

/** What the kubelet does for one Pod, from its binding to its end. */
export class PodWorker implements Disposable {
  readonly #kubelet: KubeletContext;
  readonly #uid: string;
  readonly #startedAt: number;
  readonly #records = new Map<string, ContainerRecord>();
  readonly #runners = new Map<string, ContainerRunner>();
  readonly #logs = new ContainerLogs();
  readonly #volumes: PodVolumes;
  /** Containers that cannot start now; they are tried again when something has changed. */
  readonly #blocked = new Set<string>();
  #pod: Pod;
  #sandbox: Sandbox | undefined;
  #timer: Disposable | undefined;
  #deadlineTimer: Disposable | undefined;
  /** Milliseconds; when a Pod that is being deleted is killed. */
  #deadline: number | undefined;
  #failure: { readonly reason: string; readonly message: string } | undefined;
  #isTerminal = false;
  /** It ended before this kubelet was there: what was written of it is all that is known. */
  readonly #hasEndedBefore: boolean;
  #isDisposed = false;
  #isSyncing = false;
  #isStale = false;
  #writtenVersion: string | undefined;

  constructor(pod: Pod, kubelet: KubeletContext) {
    this.#pod = pod;
    this.#kubelet = kubelet;
    this.#uid = pod.metadata.uid ?? '';
    this.#volumes = new PodVolumes(kubelet.volumes);
    this.#startedAt = kubelet.clock.now();
    this.#isTerminal = isTerminalPhase(pod.status?.phase);
    this.#hasEndedBefore = this.#isTerminal;
  }

  get pod(): Pod {
    return this.#pod;
  }

  get podIPs(): readonly string[] {
    return this.#sandbox?.podIPs ?? [];
  }

  /** Whether a container waits for something that another object may bring. */
  get isBlocked(): boolean {
    if (this.#sandbox === undefined) return !this.#isTerminal;
    return [...this.#records.values()].some(
      ({ state }) => state.kind === 'waiting' && state.reason === 'CreateContainerConfigError',
    );
  }

  /**
   * Runs a command in a container that runs.
   *
   * @param container The first one by default.
   * @returns undefined when it does not run.
   */
  exec(container: string | undefined, command: readonly string[]): Promise<ExecResult> | undefined {
    return this.#runners.get(container ?? this.#spec.containers[0]?.name ?? '')?.exec(command);
  }

  /** The container while it runs. */
  runner(container: string): ContainerRunner | undefined {
    return this.#runners.get(container);
  }

  /** What a container has printed. @throws Error in the kubelet's words where there is no log. */
  log(container: string, isPrevious: boolean): ContainerLog {
    if (this.#hasEndedBefore)
      throw new Error(`unable to retrieve container logs for podlane://${this.#uid}/${container}`);
    const subject = { container, pod: this.#pod.metadata.name };
    return this.#logs.get(subject, this.#records.get(container), isPrevious);
  }

  /** The Pod has changed. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.resourceVersion === this.#writtenVersion) return;
    this.#sandbox?.network.forward(this.#kubelet.forwardOf(pod));
    for (const runner of this.#runners.values()) runner.setHeldUnready(isHeldUnready(pod));
    this.sync();
  }

  /** Does what is to be done now; idempotent. */
  sync(): void {
    if (this.#isDisposed) return;
    this.#isStale = true;
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    this.#blocked.clear();
    while (this.#isStale && !this.#isDisposed) {
      this.#isStale = false;
      this.#step();
      // Writing may bring about changes, too.
      if (!this.#isStale && !this.#isDisposed) this.#writeStatus();
    }
    this.#isSyncing = false;
  }

  /** The Pod is gone: everything ends at once. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#timer?.[Symbol.dispose]();
    this.#deadlineTimer?.[Symbol.dispose]();
    for (const runner of this.#runners.values()) runner[Symbol.dispose]();
    this.#runners.clear();
    this.#logs.end();
    this.#tearDown();
  }

  get #spec(): PodSpec {
    return this.#pod.spec ?? { containers: [] };
  }

  #step(): void {
    if (this.#pod.metadata.deletionTimestamp !== undefined) this.#terminate();
    else if (!this.#isTerminal && this.#setUp()) this.#run();
  }

  /** One round; what ends or starts in it brings about the next. */
  #run(): void {
    const { actions, isFinished } = planPod(this.#spec, this.#records, this.#kubelet.clock.now());
    if (isFinished) return this.#finish();
    for (const action of actions) this.#act(action);
    this.#startEphemeral();
    this.#wakeForBackOff(actions);
  }

  /** Containers for debugging start once, and nothing waits for their end. */
  #startEphemeral(): void {
    for (const container of this.#spec.ephemeralContainers ?? []) {
      const isKnown = this.#records.has(container.name) || this.#runners.has(container.name);
      if (!isKnown) this.#start(container, { kind: 'start', container });
    }
  }

  #act(action: PodAction): void {
    const { container } = action;
    switch (action.kind) {
      case 'start':
        if (!this.#blocked.has(container.name)) this.#start(container, action);
        return;
      case 'backOff':
        this.#backOff(container, action.delayMs);
        return;
      case 'stop':
        this.#runners.get(container.name)?.stop(this.#graceMs());
        return;
      default:
        action satisfies never;
    }
  }

  #start(container: Container, { backoff }: Extract<PodAction, { kind: 'start' }>): void {
    const sandbox = this.#sandbox;
    if (sandbox === undefined) return;
    const { name } = container;
    const before = recordOf(this.#records, name);
    const runner = new ContainerRunner({
      container,
      kubelet: this.#kubelet,
      pod: this.#runnerPod(sandbox),
      log: this.#logs.begin(name, this.#kubelet.clock),
      before: { ...before, backoff: backoff ?? before.backoff },
      onChange: (record) => this.#changed(container, runner, record),
    });
    this.#runners.set(name, runner);
    runner.setHeldUnready(isHeldUnready(this.#pod));
    runner.start();
  }

  #changed(container: Container, runner: ContainerRunner, record: ContainerRecord): void {
    if (this.#isDisposed) return;
    this.#records.set(container.name, record);
    if (record.state.kind === 'waiting') this.#blocked.add(container.name);
    if (record.state.kind !== 'running' && this.#runners.get(container.name) === runner)
      this.#runners.delete(container.name);
    this.sync();
  }

  #backOff(container: Container, delayMs: number): void {
    const record = recordOf(this.#records, container.name);
    if (record.state.kind !== 'terminated') return;
    const pod = `${this.#pod.metadata.name}_${this.#pod.metadata.namespace}(${this.#uid})`;
    this.#records.set(container.name, {
      ...record,
      state: {
        kind: 'waiting',
        reason: 'CrashLoopBackOff',
        message: `back-off ${formatDelay(delayMs)} restarting failed container=${container.name} pod=${pod}`,
      },
      last: endOf(record),
    });
    note(this.#kubelet, this.#pod, {
      type: 'Warning',
      reason: 'BackOff',
      message: `Back-off restarting failed container ${container.name} in pod ${pod}`,
      container: container.name,
    });
  }

  #wakeForBackOff(actions: readonly PodAction[]): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const { clock } = this.#kubelet;
    const wakeAt = [
      ...actions.flatMap((action) => (action.kind === 'backOff' ? [action.untilMs] : [])),
      ...this.#activeDeadline(),
    ];
    if (wakeAt.length === 0) return;
    const delayMs = Math.min(...wakeAt) - clock.now();
    this.#timer = clock.setTimer(Math.max(0, delayMs), () => this.sync());
  }

  #activeDeadline(): readonly number[] {
    const { activeDeadlineSeconds } = this.#spec;
    return activeDeadlineSeconds === undefined
      ? []
      : [this.#startedAt + activeDeadlineSeconds * 1000];
  }

  #finish(): void {
    this.#isTerminal = true;
    this.#timer?.[Symbol.dispose]();
    // What is left are containers for debugging.
    for (const runner of this.#runners.values()) runner.kill();
    this.#tearDown();
  }

  /** Gives the Pod its addresses. @returns false when that cannot be yet. */
  #setUp(): boolean {
    const [deadline] = this.#activeDeadline();
    if (deadline !== undefined && this.#kubelet.clock.now() >= deadline)
      return this.#exceedDeadline();
    if (this.#sandbox !== undefined) return true;
    const outcome = createSandbox(this.#pod, this.#kubelet);
    if (outcome.kind === 'ready') {
      this.#sandbox = outcome.sandbox;
      if (this.#spec.hostNetwork !== true)
        for (const ip of outcome.sandbox.podIPs) this.#kubelet.workers.set(ip, this);
      return true;
    }
    note(this.#kubelet, this.#pod, {
      type: 'Warning',
      reason: 'FailedCreatePodSandBox',
      message: `Failed to create pod sandbox: ${outcome.message}`,
    });
    return false;
  }

  #exceedDeadline(): false {
    this.#failure = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    this.#isTerminal = true;
    for (const runner of this.#runners.values()) runner.stop(this.#graceMs());
    if (this.#runners.size === 0) this.#finish();
    return false;
  }

  #terminate(): void {
    const { clock } = this.#kubelet;
    this.#timer?.[Symbol.dispose]();
    const deadline = clock.now() + this.#graceMs();
    if (this.#deadline === undefined || deadline < this.#deadline) {
      this.#deadline = deadline;
      this.#deadlineTimer?.[Symbol.dispose]();
      const killAll = (): void => {
        for (const runner of this.#runners.values()) runner.kill();
      };
      this.#deadlineTimer = clock.setTimer(deadline - clock.now() + MINIMUM_GRACE_MS, killAll);
    }
    const leftMs = Math.max(0, this.#deadline - clock.now());
    for (const runner of this.#nextToStop()) runner.stop(leftMs);
    if (this.#runners.size === 0) this.#remove();
  }

  /** All but the sidecars first; then those one by one, the last first. */
  #nextToStop(): readonly ContainerRunner[] {
    const runners = [...this.#runners.values()];
    const others = runners.filter(({ isSidecar }) => !isSidecar);
    if (others.length > 0) return others;
    const order = (this.#spec.initContainers ?? []).map(({ name }) => name);
    return runners.toSorted((a, b) => order.indexOf(b.name) - order.indexOf(a.name)).slice(0, 1);
  }

  #graceMs(): number {
    const seconds =
      this.#pod.metadata.deletionGracePeriodSeconds ??
      this.#spec.terminationGracePeriodSeconds ??
      DEFAULT_GRACE_SECONDS;
    return seconds * 1000;
  }

  #remove(): void {
    this.#isTerminal = true;
    this.#writeStatus();
    this.#tearDown();
    const { namespace, name } = this.#pod.metadata;
    const ref = { kind: 'Pod', name, ...(namespace === undefined ? {} : { namespace }) };
    try {
      this.#kubelet.store.delete(ref, {
        gracePeriodSeconds: 0,
        preconditions: { uid: this.#uid },
      });
    } catch (error) {
      // Somebody else was quicker.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #tearDown(): void {
    const { workers } = this.#kubelet;
    for (const ip of this.podIPs) if (workers.get(ip) === this) workers.delete(ip);
    this.#sandbox?.[Symbol.dispose]();
    this.#sandbox = undefined;
  }

  #writeStatus(): void {
    if (this.#hasEndedBefore) return;
    const written = writePodStatus(this.#pod, this.#kubelet, {
      records: this.#records,
      sandbox: this.#sandbox,
      startedAt: this.#startedAt,
      isTerminal: this.#isTerminal,
      failure: this.#failure,
    });
    this.#writtenVersion = written ?? this.#writtenVersion;
  }

  #runnerPod({ nodeName, network, podIPs, hostIPs }: Sandbox): RunnerPod {
    const volumes = this.#volumes;
    return { pod: () => this.#pod, nodeName, network, podIPs, hostIPs, volumes };
  }
}
