import type { Position } from '../../net/index.ts';

/** One line of a Corefile with the lines of its braces: a plugin in a server block, or an option of a plugin. */
export interface Directive {
  /** The first word: `forward`, `pods`, and in a block of `hosts` an address. */
  readonly name: string;
  /** The other words of the line, quotes off, variables filled in. */
  readonly args: readonly string[];
  /** The lines between its braces; empty without them. */
  readonly block: readonly Directive[];
  readonly position: Position;
}

/** What a server block is opened by: `tls://example.org:853`. */
export interface ServerKey {
  readonly transport: Transport;
  /** Absolute, lower case. */
  readonly zone: string;
  readonly port: number;
}

/** How a listener of the Corefile speaks; `quic` and `https3` are refused by this server. */
export type Transport = 'dns' | 'tls' | 'https' | 'grpc' | 'quic' | 'https3';

/** A server block as it stands in the file: plugins in the order written. */
export interface ServerBlock {
  readonly keys: readonly ServerKey[];
  readonly directives: readonly Directive[];
  readonly position: Position;
}
