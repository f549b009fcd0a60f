import { parseIp } from '../../../net/index.ts';

/** A server to ask. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
}

const DNS_PORT = 53;

/**
 * Reads `ADDRESS`, `ADDRESS:PORT` or `[IPV6]:PORT`.
 *
 * @param defaultPort Of what names none. @default 53
 * @returns undefined when `text` is no upstream.
 */
export function parseUpstream(text: string, defaultPort: number = DNS_PORT): Upstream | undefined {
  const plain = parseIp(text);
  if (plain !== undefined) return { address: plain.text, port: defaultPort };
  const [, bracketed, dotted, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const ip = parseIp(bracketed ?? dotted ?? '');
  const portNumber = Number(port ?? defaultPort);
  if (ip === undefined || portNumber < 1 || portNumber > 65_535) return undefined;
  return { address: ip.text, port: portNumber };
}

/** `ADDRESS:PORT`, with brackets around IPv6. */
export function formatUpstream({ address, port }: Upstream): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
