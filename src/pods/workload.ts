import type { Duplex } from 'node:stream';
import type { Container, Pod } from '../api/index.ts';
import type { ConnectOptions, DatagramChannel, DuplexEnd, Endpoint, Flow } from '../net/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import type { ContainerFiles } from './container-files.ts';
import type { LogStream } from './container-log.ts';

/** What answers for a container, chosen by the container's image. */
export interface Workload {
  readonly name: string;
  /**
   * Which images it stands for: the last parts of a repository's path, without registry and tag.
   * `nginx` matches `docker.io/library/nginx:1.27`, `traefik/whoami` matches `ghcr.io/traefik/whoami`.
   */
  readonly images: readonly string[];
  /** Directories that its images have, besides those of every image. */
  readonly directories?: readonly string[];
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

/** DNS messages, for programs that ask servers themselves. */
export interface DnsMessages {
  /** A query for an absolute name. */
  encode(name: string, type: string): Uint8Array;
  /** @throws Error for what is no message. */
  decode(message: Uint8Array): DnsReply;
}

/** What a DNS server answered, in the words of `dig`. */
export interface DnsReply {
  readonly id: number;
  /** `NOERROR`, `NXDOMAIN`… */
  readonly status: string;
  readonly flags: readonly string[];
  readonly answers: readonly {
    readonly name: string;
    readonly ttl: number;
    readonly type: string;
    readonly data: string;
  }[];
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
  /** What the container runs, as `ps` shows it. */
  readonly program: string;
  /** Absent where no DNS messages are understood. */
  readonly dns: DnsMessages | undefined;
  /** Prints lines to the container's log. */
  print(text: string, stream?: LogStream): void;
  /** Prints bytes to it as they come. */
  write(bytes: string | Uint8Array, stream: LogStream): void;
  /** Loopback addresses are the Pod itself. @throws ConnectError */
  connect(destination: Endpoint, options?: ConnectOptions): Promise<Duplex>;
  /** @throws ConnectError */
  associate(destination: Endpoint): DatagramChannel;
  /** Listens on a port of the Pod until disposed, or until the container ends; undefined where the port is taken. */
  listenTcp(served: ServedTcpPort): Disposable | undefined;
  listenUdp(served: ServedUdpPort): Disposable | undefined;
  /** Addresses of `name`, with the Pod's search path; an address is its own answer; empty when there is none. */
  resolve(name: string): Promise<readonly string[]>;
  resolvConf(): ResolvConf;
  /** The Pod's `/etc/hosts`. */
  hostsFile(): string;
  /** What the container sees at its paths. */
  readonly files: ContainerFiles;
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

/** Where somebody who attaches to a container's program reads and writes. */
export interface AttachedStreams {
  /** The next bytes; undefined at the end. */
  readonly read: () => Promise<Uint8Array | undefined>;
  readonly stdout: { write(bytes: string | Uint8Array): Promise<void> | void };
  readonly stderr: { write(bytes: string | Uint8Array): Promise<void> | void };
  readonly isTty: boolean;
  readonly signal: AbortSignal;
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
  /** Talks with the program itself, until either leaves. Absent: it reads nothing, and what it prints is its log. */
  attach?(streams: AttachedStreams): Promise<number>;
  /**
   * SIGTERM: ends by `exit` within `graceSeconds`, or is killed then. Absent: ends with 0, at once, or once its clients
   * have left where a preStop hook shows that somebody thought of them.
   */
  terminate?(graceSeconds: number): void;
  /** The container has ended; stops timers and whatever else still runs. */
  dispose?(): void;
}
