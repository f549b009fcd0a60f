import { pickFree, splitBands, staticBandSize, type Bands } from './band.ts';
import { IpamError } from './ipam-error.ts';
import { SparseBits } from './sparse-bits.ts';

/** Ports of the Nodes that Services may have. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** How a port range is divided. */
export interface NodePortBands extends Bands {
  readonly range: PortRange;
  readonly size: number;
  readonly bandSize: number;
}

/** `--service-node-port-range` of an API server that got none. */
export const DEFAULT_NODE_PORT_RANGE = '30000-32767';

const BAND_RULE = { step: 32n, max: 128n } as const;
const MAX_PORT = 65_535;

/**
 * Reads `30000-32767`, `30000+2767` or a single port.
 *
 * @throws IpamError `ERR_IPAM_CONFIG`
 * @see apimachinery `PortRange.Set`
 */
export function parsePortRange(text: string): PortRange {
  const [, from = '', sign, to = ''] = /^\s*(\d+)\s*(?:([-+])\s*(\d+)\s*)?$/.exec(text) ?? [];
  const first = Number(from);
  const last = sign === undefined ? first : sign === '+' ? first + Number(to) : Number(to);
  if (from === '' || last < first || last > MAX_PORT)
    throw new IpamError('ERR_IPAM_CONFIG', `invalid port range: ${text}`);
  return { first, last };
}

/** The bands of a port range. @see KEP-3668 */
export function nodePortBands(range: PortRange): NodePortBands {
  const size = range.last - range.first + 1;
  const bandSize = staticBandSize(BigInt(size), BAND_RULE);
  const whole = { first: BigInt(range.first), last: BigInt(range.last) };
  return { range, size, bandSize: Number(bandSize), ...splitBands(whole, bandSize) };
}

/** Node ports in use: numbers, whatever the protocol. */
export class NodePorts {
  readonly #bands: NodePortBands;
  readonly #taken = new SparseBits();

  constructor(range: PortRange) {
    this.#bands = nodePortBands(range);
  }

  has(port: number): boolean {
    return this.#taken.has(BigInt(port));
  }

  /** Takes `port`. @throws IpamError `ERR_IPAM_OUT_OF_RANGE`, `ERR_IPAM_TAKEN` */
  allocate(port: number): void {
    this.check(port);
    this.#taken.add(BigInt(port));
  }

  /** As `allocate`, but takes nothing. */
  check(port: number): void {
    const { first, last } = this.#bands.range;
    if (!(port >= first && port <= last))
      throw new IpamError(
        'ERR_IPAM_OUT_OF_RANGE',
        `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
      );
    if (this.has(port)) throw new IpamError('ERR_IPAM_TAKEN', 'provided port is already allocated');
  }

  /** Takes a free port. @throws IpamError `ERR_IPAM_FULL` */
  allocateNext(preference: bigint): number {
    const port = pickFree(this.#bands, this.#taken, preference);
    if (port === undefined) throw new IpamError('ERR_IPAM_FULL', 'range is full');
    this.#taken.add(port);
    return Number(port);
  }

  /** Gives `port` back; one that is free is no error. */
  release(port: number): void {
    this.#taken.delete(BigInt(port));
  }
}
