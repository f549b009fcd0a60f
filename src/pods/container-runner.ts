import type { Container, Pod, Probe } from '../api/index.ts';
import type { ContainerLog } from './container-log.ts';
import { ContainerProbes, type ProbeOutcome } from './container-probes.ts';
import { type ContainerRecord, type ContainerState, endOf, isSidecar } from './container-record.ts';
import { createContainerContext, createWorkloadContext } from './container-context.ts';
import { computeEnvironment } from './environment.ts';
import { connectAs, type KubeletContext } from './kubelet-context.ts';
import type { PodInterface } from './pod-network.ts';
import { note } from './pod-note.ts';
import type { ProbeKind } from './probe.ts';
import { type ProbeHandler, runProbeHandler } from './probe-handler.ts';
import { type ContainerExit, RunningContainer } from './running-container.ts';
import type { ExecResult, ServedContainer } from './workload.ts';
import type { CommandIo } from './workloads/shell/session.ts';
import type { PodVolumes } from './writable-volumes.ts';

/** The Pod that a container belongs to. */
export interface RunnerPod {
  /** As it is now. */
  readonly pod: () => Pod;
  readonly nodeName: string;
  readonly network: PodInterface;
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  /** What its containers share. */
  readonly volumes: PodVolumes;
}

export interface ContainerRunnerOptions {
  readonly container: Container;
  readonly kubelet: KubeletContext;
  readonly pod: RunnerPod;
  readonly log: ContainerLog;
  /** What is known of the container from before. */
  readonly before: ContainerRecord;
  /** Called after each change; within `start()` at most once, at its end. */
  readonly onChange: (record: ContainerRecord) => void;
}

/** At least so long a program has after a preStop hook. @see kubelet minimumGracePeriodInSeconds */
export const MINIMUM_GRACE_MS = 2000;

/** One container from one start to its end: environment, hooks, workload, probes. */
export class ContainerRunner implements Disposable {
  readonly #options: ContainerRunnerOptions;
  readonly #probes: ContainerProbes;
  readonly #running = new AbortController();
  #record: ContainerRecord;
  #program: RunningContainer | undefined;
  #isStarting = true;
  #isHeldUnready = false;
  #hasPassed = false;
  #killAt = Infinity;
  #killTimer: Disposable | undefined;

  constructor(options: ContainerRunnerOptions) {
    this.#options = options;
    this.#record = options.before;
    const { container, kubelet } = options;
    this.#probes = new ContainerProbes({
      container,
      clock: kubelet.clock,
      run: (probe, timeoutMs) => kubelet.track(this.#runHandler(probe, timeoutMs)),
      onStarted: () => this.#set({ isStarted: true }),
      onReady: (isReady) => this.#setPassed(isReady),
      onUnhealthy: (kind, probe) => this.#restart(kind, probe),
      onFailure: (kind, message) => this.#noteUnhealthy(kind, message),
    });
  }

  get name(): string {
    return this.#options.container.name;
  }

  get isSidecar(): boolean {
    const { container, pod } = this.#options;
    return isSidecar(container) && (pod.pod().spec?.initContainers?.includes(container) ?? false);
  }

  start(): void {
    const { before, container, kubelet, pod } = this.#options;
    const { clock } = kubelet;
    const { podIPs, hostIPs } = pod;
    const input = {
      pod: pod.pod(),
      container,
      podIPs,
      hostIPs,
      sources: kubelet.environmentSources,
    };
    const environment = computeEnvironment(input);
    if (environment.kind === 'failed') return this.#fail(environment.message);
    this.#notePulled();
    const last = endOf(before);
    const restartCount = before.restartCount + (last === undefined ? 0 : 1);
    const containerID = `podlane://${pod.pod().metadata.uid}/${container.name}/${restartCount}`;
    const state: ContainerState = { kind: 'running', startedAt: clock.now(), containerID };
    const record = { ...before, last, restartCount, state, isStarted: false, isReady: false };
    this.#record = record;
    const workload = kubelet.selectWorkload(container, input.pod);
    const context = createContainerContext({ pod: input.pod, container, environment });
    const program = new RunningContainer({
      workload,
      context,
      pod: (own) =>
        createWorkloadContext(kubelet, pod, {
          ...input,
          log: this.#options.log,
          context,
          directories: workload.directories ?? [],
          program: own,
        }),
      network: pod.network,
      onExit: (exit) => this.#ended(exit),
    });
    this.#program = program;
    this.#note('Normal', 'Created', 'Container created');
    this.#note('Normal', 'Started', 'Container started');
    if (program.exit === undefined) this.#afterStart();
    else this.#ended(program.exit);
    this.#isStarting = false;
    this.#options.onChange(this.#record);
  }

  /** The annotation that keeps a Pod unready was set or taken away. */
  setHeldUnready(isHeld: boolean): void {
    if (isHeld === this.#isHeldUnready) return;
    this.#isHeldUnready = isHeld;
    this.#set({ isReady: this.#hasPassed && !isHeld });
  }

  /** preStop, SIGTERM, and SIGKILL after `graceMs`; called again, it can only shorten the time. @param why what is said of it */
  stop(graceMs: number, why: string = `Stopping container ${this.name}`): void {
    const { clock } = this.#options.kubelet;
    const isFirst = this.#killAt === Infinity;
    const killAt = clock.now() + graceMs;
    if (killAt >= this.#killAt) return;
    this.#armKill(killAt);
    if (!isFirst) return;
    this.#note('Normal', 'Killing', why);
    this.#probes.terminate();
    const preStop = this.#options.container.lifecycle?.preStop;
    if (preStop === undefined || graceMs <= 0) this.#terminate();
    else void this.#preStop(preStop, graceMs);
  }

  kill(): void {
    this.#program?.kill();
  }

  [Symbol.dispose](): void {
    this.#release();
    this.#isStarting = true;
    this.#program?.kill();
  }

  async exec(command: readonly string[]): Promise<ExecResult> {
    const program = this.#program;
    if (program === undefined) throw new Error('container is not running');
    return program.exec(command, this.#running.signal);
  }

  /** Runs a command that somebody outside has started. @returns its exit code. */
  async run(command: readonly string[], io: CommandIo): Promise<number> {
    const program = this.#program;
    if (program === undefined) throw new Error('container is not running');
    return program.run(command, io, this.#running.signal);
  }

  /** How the container's program is talked with; undefined for one that reads nothing. */
  get attach(): ServedContainer['attach'] {
    return this.#program?.attach;
  }

  #afterStart(): void {
    const postStart = this.#options.container.lifecycle?.postStart;
    if (postStart === undefined) this.#probes.start();
    else void this.#postStart(postStart);
  }

  async #postStart(hook: ProbeHandler): Promise<void> {
    const { isPassing, message } = await this.#runHandler(hook, Infinity);
    if (this.#running.signal.aborted) return;
    if (isPassing) return this.#probes.start();
    this.#note('Warning', 'FailedPostStartHook', `PostStartHook failed: ${message}`);
    this.stop(this.#podGraceMs(), 'FailedPostStartHook');
  }

  async #preStop(
    hook: ProbeHandler & { readonly sleep?: { readonly seconds: number } },
    graceMs: number,
  ): Promise<void> {
    if (hook.sleep !== undefined) await this.#wait(Math.min(hook.sleep.seconds * 1000, graceMs));
    else {
      const { isPassing, message } = await this.#runHandler(hook, graceMs);
      if (!isPassing) this.#note('Warning', 'FailedPreStopHook', `PreStopHook failed: ${message}`);
    }
    if (this.#running.signal.aborted) return;
    const { clock } = this.#options.kubelet;
    this.#armKill(Math.max(this.#killAt, clock.now() + MINIMUM_GRACE_MS));
    this.#terminate();
  }

  #terminate(): void {
    const { clock } = this.#options.kubelet;
    this.#program?.terminate(Math.max(0, (this.#killAt - clock.now()) / 1000));
  }

  #armKill(killAt: number): void {
    const { clock } = this.#options.kubelet;
    this.#killAt = killAt;
    this.#killTimer?.[Symbol.dispose]();
    const delayMs = killAt - clock.now();
    this.#killTimer = clock.setTimer(Math.max(0, delayMs), () => this.kill());
  }

  #wait(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.kubelet.clock.setTimer(delayMs, resolve);
    this.#running.signal.addEventListener('abort', () => {
      timer[Symbol.dispose]();
      resolve();
    });
    return promise;
  }

  #restart(kind: ProbeKind, probe: Probe): void {
    const { terminationGracePeriodSeconds: seconds } = probe;
    this.stop(
      seconds === undefined ? this.#podGraceMs() : seconds * 1000,
      `Container ${this.name} failed ${kind} probe, will be restarted`,
    );
  }

  #podGraceMs(): number {
    return (this.#options.pod.pod().spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  /** Something that the container needs is missing. */
  #fail(message: string): void {
    const { before, onChange } = this.#options;
    const reason = 'CreateContainerConfigError';
    const isNew = before.state.kind !== 'waiting' || before.state.message !== message;
    if (isNew) {
      this.#notePulled();
      this.#note('Warning', 'Failed', `Error: ${message}`);
    }
    this.#release();
    onChange({ ...before, last: endOf(before), state: { kind: 'waiting', reason, message } });
  }

  #ended({ exitCode, message }: ContainerExit): void {
    const { state } = this.#record;
    if (state.kind !== 'running') return;
    this.#release();
    const { startedAt, containerID } = state;
    this.#options.log.end();
    const finishedAt = this.#options.kubelet.clock.now();
    const reason = exitCode === 0 ? 'Completed' : 'Error';
    const said = message === undefined ? {} : { message };
    this.#set({
      state: {
        kind: 'terminated',
        termination: { exitCode, reason, ...said, startedAt, finishedAt, containerID },
      },
      isStarted: false,
      isReady: false,
    });
  }

  #release(): void {
    this.#running.abort();
    this.#probes[Symbol.dispose]();
    this.#killTimer?.[Symbol.dispose]();
  }

  #setPassed(hasPassed: boolean): void {
    this.#hasPassed = hasPassed;
    this.#set({ isReady: hasPassed && !this.#isHeldUnready });
  }

  #set(change: Partial<ContainerRecord>): void {
    this.#record = { ...this.#record, ...change };
    if (!this.#isStarting) this.#options.onChange(this.#record);
  }

  async #runHandler(handler: ProbeHandler, timeoutMs: number): Promise<ProbeOutcome> {
    const { kubelet, pod, container } = this.#options;
    const caller = {
      origin: { kind: 'node', name: pod.nodeName },
      node: pod.nodeName,
      addresses: pod.hostIPs,
    } as const;
    const target = {
      podIP: pod.podIPs[0] ?? '',
      container,
      connect: connectAs(kubelet, caller),
      resolve: (host: string) => kubelet.resolve(host, caller.origin),
      exec: (command: readonly string[]) => this.exec(command),
    };
    const timeout = new AbortController();
    const signal = AbortSignal.any([timeout.signal, this.#running.signal]);
    const timer =
      timeoutMs === Infinity
        ? undefined
        : kubelet.clock.setTimer(timeoutMs, () =>
            timeout.abort(new Error('context deadline exceeded')),
          );
    const timedOut = Promise.withResolvers<ProbeOutcome>();
    signal.addEventListener('abort', () =>
      timedOut.resolve({ isPassing: false, message: 'context deadline exceeded' }),
    );
    // The round that started the container first writes the Pod's address, by which it is found.
    const handled = Promise.resolve().then(() => runProbeHandler(handler, target, signal));
    const run = Promise.race([handled, timedOut.promise]);
    return run.finally(() => timer?.[Symbol.dispose]());
  }

  /** What stands for an image is always there. */
  #notePulled(): void {
    const image = JSON.stringify(this.#options.container.image ?? '');
    const message = `Container image ${image} already present on machine and can be accessed by the pod`;
    this.#note('Normal', 'Pulled', message);
  }

  #noteUnhealthy(kind: ProbeKind, message: string): void {
    const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
    this.#note('Warning', 'Unhealthy', `${name} probe failed: ${message}`);
  }

  #note(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { kubelet, pod, container } = this.#options;
    note(kubelet, pod.pod(), { type, reason, message, container: container.name });
  }
}
