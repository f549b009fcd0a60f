import type { Duplex } from 'node:stream';
import type { Container, Pod } from '../api/index.ts';
import type { ConnectOptions, DatagramChannel, DuplexEnd, Endpoint, Flow } from '../net/index.ts';
import type { Clock, Logger } from '../observe/index.ts';

/** What answers for a container, chosen by the container's image. */
export interface Workload {
  readonly name: string;
  /**
   * Which images it stands for: the last parts of a repository's path, without registry and tag.
   * `nginx` matches `docker.io/library/nginx:1.27`, `traefik/whoami` matches `ghcr.io/traefik/whoami`.
   */
  readonly images: readonly string[];
  /** Starts one container; what it opens lives until the container's end. */
  serve(container: ContainerContext, context: WorkloadContext): ServedContainer;
}

/** The container that a workload stands for. */
export interface ContainerContext {
  readonly pod: Pod;
  readonly container: Container;
  /** The environment as the kubelet computes it. */
  readonly env: ReadonlyMap<string, string>;
  /** `command` and `args` with `$(VAR)` expanded; empty where the image's own hold. */
  readonly command: readonly string[];
  readonly args: readonly string[];
}

/** A Pod's resolver configuration. @see resolv.conf(5) */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** What a workload may do, as the Pod that it runs in. */
export interface WorkloadContext {
  /** As `hostname` prints it inside the container. */
  readonly hostname: string;
  readonly podIPs: readonly string[];
  readonly hostIP: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Loopback addresses are the Pod itself. @throws ConnectError */
  connect(destination: Endpoint, options?: ConnectOptions): Promise<Duplex>;
  /** @throws ConnectError */
  associate(destination: Endpoint): DatagramChannel;
  /** Addresses of `name`, with the Pod's search path; an address is its own answer; empty when there is none. */
  resolve(name: string): Promise<readonly string[]>;
  resolvConf(): ResolvConf;
  /** The Pod's `/etc/hosts`. */
  hostsFile(): string;
  /** What the container has written, by path. */
  readonly files: Map<string, Uint8Array>;
  /** A file that the container has written, or one from its ConfigMap, Secret, downward API and projected volumes. */
  readFile(path: string): Uint8Array | undefined;
  /** Ends the container; only the first call counts. */
  exit(exitCode: number, message?: string): void;
}

/** A TCP port that a container listens on. */
export interface ServedTcpPort {
  readonly port: number;
  /** Takes over the server's end; it is destroyed when the container ends. */
  accept(socket: DuplexEnd, flow: Flow): void;
}

/** A UDP port that a container listens on. */
export interface ServedUdpPort {
  readonly port: number;
  /** A new client; the channel is closed when the container ends. */
  open(channel: DatagramChannel, flow: Flow): void;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A container that runs. */
export interface ServedContainer {
  readonly tcp: readonly ServedTcpPort[];
  readonly udp: readonly ServedUdpPort[];
  /** Runs a command in the container. @returns undefined for a command that the workload does not know. */
  exec?(command: readonly string[]): Promise<ExecResult> | undefined;
  /**
   * SIGTERM: ends by `exit` within `graceSeconds`, or is killed then. Absent: ends with 0, at once, or once its clients
   * have left where a preStop hook shows that somebody thought of them.
   */
  terminate?(graceSeconds: number): void;
  /** The container has ended; stops timers and whatever else still runs. */
  dispose?(): void;
}
