import type { Duplex } from 'node:stream';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** A cluster address (what the API and DNS show, never a loopback alias) and a port. */
export interface Endpoint {
  /** Canonical text, as `Ip.text`. */
  readonly address: string;
  /** 0–65535. */
  readonly port: number;
}

/** Who a connection comes from. */
export type Origin =
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'outside' };

/** One connection question: who wants to talk to which address. */
export interface Flow {
  readonly protocol: Protocol;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly origin: Origin;
  /** The Node whose service proxy sees the first packet. */
  readonly node: string;
}

export interface ConnectOptions {
  readonly signal?: AbortSignal;
}

/**
 * Opens a TCP connection into the cluster, the only way a byte reaches a Pod.
 *
 * @throws ConnectError: `ERR_REFUSED` (reset or no endpoints), `ERR_DROPPED` (silence), `ERR_UNREACHABLE`.
 */
export type Connect = (flow: Flow, options?: ConnectOptions) => Promise<Duplex>;

/** One UDP association; each call and each event is one datagram. */
export interface DatagramChannel {
  send(datagram: Uint8Array): void;
  onDatagram(listener: (datagram: Uint8Array) => void): void;
  /** Called once, when either side ends the association. */
  onClose(listener: () => void): void;
  close(): void;
}

/** The UDP counterpart of `Connect`: a datagram has no handshake, so the answer comes at once. @throws ConnectError as `Connect`. */
export type Associate = (flow: Flow) => DatagramChannel;
