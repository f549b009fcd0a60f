import type { Duplex, Readable, Writable } from 'node:stream';
import type { Pod } from '../../api/index.ts';
import type { Endpoint } from '../../net/index.ts';

/** A container that a request is about. */
export interface ContainerTarget {
  readonly pod: Pod;
  readonly container: string;
}

/** Where a command reads and writes. */
export interface CommandStreams {
  /** Absent where the client sends none. */
  readonly stdin: Readable | undefined;
  /** Absent where the client wants none. */
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  readonly isTty: boolean;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** Which part of a log is wanted. @see PodLogOptions */
export interface LogOptions {
  readonly follow: boolean;
  /** The log of the instance before this one. */
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** From the end; undefined for all. */
  readonly tailLines: number | undefined;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly limitBytes: number | undefined;
  readonly stream: 'All' | 'Stdout' | 'Stderr';
}

/** What the API server can do with Pods, by the kubelets of their Nodes. */
export interface PodAccess {
  /**
   * Runs a command in a container until it ends.
   *
   * @returns its exit code. @throws Error that says why it cannot be run.
   */
  run(
    target: ContainerTarget,
    command: readonly string[],
    streams: CommandStreams,
  ): Promise<number>;
  /** Shows what the container prints from now on, until it ends. @returns its exit code. */
  attach(target: ContainerTarget, streams: CommandStreams): Promise<number>;
  /** The container's log as text, piece by piece. @throws Error that says why there is none. */
  logs(target: ContainerTarget, options: LogOptions, signal: AbortSignal): AsyncIterable<string>;
  /** Whether a process of the host answers for the Pod. */
  isForwarded(pod: Pod): boolean;
  /** Connects to a port of the Pod itself, as its own loopback does. @throws ConnectError */
  connect(pod: Pod, port: number): Promise<Duplex>;
  /** Connects to an address of the cluster as a Node does. @throws ConnectError */
  dial(destination: Endpoint, signal: AbortSignal): Promise<Duplex>;
}
