import type { Duplex } from 'node:stream';
import type { DatagramChannel } from '../net/index.ts';
import { askToLeave, type LeaveTime } from './leaving.ts';
import type { PodInterface } from './pod-network.ts';
import type {
  ContainerContext,
  ExecResult,
  ServedContainer,
  ServedTcpPort,
  ServedUdpPort,
  Workload,
  WorkloadContext,
} from './workload.ts';

import {
  type CommandPlace,
  runUnderstood,
  understandCommand,
} from './workloads/shell/run-command.ts';
import type { CommandIo } from './workloads/shell/session.ts';
import type { Streams } from './workloads/shell/streams.ts';

/** How a container's program ended. */
export interface ContainerExit {
  readonly exitCode: number;
  readonly message?: string;
}

/** What a program may do to the container that it runs in. */
export type ProgramContext = Pick<WorkloadContext, 'exit' | 'listenTcp' | 'listenUdp'>;

export interface RunningContainerOptions {
  readonly workload: Workload;
  readonly context: ContainerContext;
  /** All that the workload may do. */
  readonly pod: (program: ProgramContext) => WorkloadContext;
  readonly network: PodInterface;
  /** The program ended, later than at once. */
  readonly onExit: (exit: ContainerExit) => void;
}

/** @see signal(7): 128 + SIGKILL */
const KILLED: ContainerExit = { exitCode: 137 };

/** Clients that ask for nothing for so long after SIGTERM are parted from, or for half of the grace if that is shorter. */
const MAX_IDLE_MS = 5000;

/** One container while it runs: its open ports and connections, all gone when it ends. */
export class RunningContainer {
  readonly #connections = new Set<Duplex | DatagramChannel>();
  readonly #listeners = new Set<Disposable>();
  readonly #onExit: (exit: ContainerExit) => void;
  readonly #served: ServedContainer;
  readonly #place: CommandPlace;
  #isStarting = true;
  #exit: ContainerExit | undefined;
  #isLeaving = false;
  #leaveTimer: Disposable | undefined;

  constructor({ workload, context, pod, network, onExit }: RunningContainerOptions) {
    this.#onExit = onExit;
    const own: ProgramContext = {
      exit: (exitCode, message) =>
        this.#end(message === undefined ? { exitCode } : { exitCode, message }),
      listenTcp: (served) => this.#hold(() => network.listenTcp(this.#tracked(served))),
      listenUdp: (served) => this.#hold(() => network.listenUdp(this.#trackedUdp(served))),
    };
    const place = { context, pod: pod(own) };
    this.#place = place;
    this.#served = workload.serve(context, place.pod);
    if (this.#exit === undefined) this.#listen(own);
    if (this.#exit !== undefined) this.#release();
    this.#isStarting = false;
  }

  /** How it ended; undefined while it runs. */
  get exit(): ContainerExit | undefined {
    return this.#exit;
  }

  /** Runs a command beside the program; one that nobody here understands does nothing, and succeeds. */
  async exec(command: readonly string[], signal: AbortSignal): Promise<ExecResult> {
    const known = this.#served.exec?.(command);
    if (known !== undefined) return known;
    const understood = understandCommand(command);
    if (understood === undefined) return { exitCode: 0, stdout: '', stderr: '' };
    return runUnderstood(understood, { ...this.#place, signal });
  }

  /** Runs a command that somebody outside has started. @returns its exit code. */
  async run(command: readonly string[], io: CommandIo, signal: AbortSignal): Promise<number> {
    const { runSession } = await import('./workloads/shell/session.ts');
    const program = (words: readonly string[], streams: Streams): Promise<number> | undefined => {
      const known = this.#served.exec?.(words);
      return known && printResult(known, streams);
    };
    return runSession(command, io, { ...this.#place, signal, program });
  }

  /** How its program is talked with; undefined for one that reads nothing. */
  get attach(): ServedContainer['attach'] {
    return this.#served.attach?.bind(this.#served);
  }

  /** SIGTERM. */
  terminate(graceSeconds: number): void {
    if (this.#exit !== undefined) return;
    if (this.#served.terminate !== undefined) return this.#served.terminate(graceSeconds);
    const { lifecycle } = this.#place.context.container;
    if (lifecycle?.preStop === undefined) this.#end({ exitCode: 0 });
    else this.#leave(graceSeconds);
  }

  /** SIGKILL. */
  kill(): void {
    this.#end(KILLED);
  }

  /** Takes nobody new, asks the clients to go, and ends once they have gone. */
  #leave(graceSeconds: number): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#stopListening();
    const idleMs = Math.min(MAX_IDLE_MS, graceSeconds * 500);
    this.#leaveTimer = this.#place.pod.clock.setTimer(idleMs, () => this.#askAll('now'));
    this.#askAll('soon');
    this.#endIfAlone();
  }

  #stopListening(): void {
    for (const listener of this.#listeners) listener[Symbol.dispose]();
    this.#listeners.clear();
  }

  #askAll(when: LeaveTime): void {
    for (const connection of this.#connections)
      if (!('close' in connection)) askToLeave(connection, when);
  }

  /** Datagrams keep nobody waiting. */
  #endIfAlone(): void {
    if (!this.#isLeaving) return;
    for (const connection of this.#connections) if (!('close' in connection)) return;
    this.#end({ exitCode: 0 });
  }

  #listen({ listenTcp, listenUdp }: ProgramContext): void {
    for (const served of this.#served.tcp)
      if (listenTcp(served) === undefined) return this.#fail('tcp', served);
    for (const served of this.#served.udp)
      if (listenUdp(served) === undefined) return this.#fail('udp', served);
  }

  /** Listens for as long as somebody wants it, and the container takes anybody. */
  #hold(listen: () => Disposable | undefined): Disposable | undefined {
    const listener = this.#exit === undefined && !this.#isLeaving ? listen() : undefined;
    if (listener === undefined) return undefined;
    this.#listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        if (this.#listeners.delete(listener)) listener[Symbol.dispose]();
      },
    };
  }

  #fail(network: string, { port }: { readonly port: number }): void {
    this.#end({ exitCode: 1, message: `listen ${network} :${port}: bind: address already in use` });
  }

  #tracked(served: ServedTcpPort): ServedTcpPort {
    return {
      port: served.port,
      accept: (socket, flow) => {
        this.#connections.add(socket);
        socket.once('close', () => {
          this.#connections.delete(socket);
          this.#endIfAlone();
        });
        served.accept(socket, flow);
      },
    };
  }

  #trackedUdp(served: ServedUdpPort): ServedUdpPort {
    return {
      port: served.port,
      open: (channel, flow) => {
        this.#connections.add(channel);
        channel.onClose(() => this.#connections.delete(channel));
        served.open(channel, flow);
      },
    };
  }

  #end(exit: ContainerExit): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    if (this.#isStarting) return;
    this.#release();
    this.#onExit(exit);
  }

  #release(): void {
    this.#leaveTimer?.[Symbol.dispose]();
    this.#stopListening();
    for (const connection of this.#connections) {
      if ('close' in connection) connection.close();
      else connection.destroy();
    }
    this.#connections.clear();
    this.#served.dispose?.();
  }
}

async function printResult(
  result: Promise<ExecResult>,
  { stdout: out, stderr: errors }: Streams,
): Promise<number> {
  const { exitCode, stdout, stderr } = await result;
  if (stdout !== '') await out.write(stdout);
  if (stderr !== '') await errors.write(stderr);
  return exitCode;
}
