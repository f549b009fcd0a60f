import type { Duplex } from 'node:stream';

/** One wish of a client of the entry. */
export interface EntryTarget {
  /** A name as the client wrote it, or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whom to act as: `namespace/pod`; undefined for a Node. */
  readonly user: string | undefined;
  /** The address that the client came from. */
  readonly client: string;
}

/** What a client is connected to. */
export interface Dialled {
  readonly connection: Duplex;
  /** What the client could not know of the way there; HTTP clients are told. */
  readonly note?: string;
}

/**
 * Resolves and connects for the entry.
 *
 * @throws ConnectError; PodlaneError `ERR_NO_SUCH_NAME` for a name without an address, `ERR_NO_SUCH_POD` for a user that is no Pod.
 */
export type EntryDial = (target: EntryTarget, signal: AbortSignal) => Promise<Dialled>;

/**
 * Reads `host:port`, `[v6]:port`.
 *
 * @returns undefined when it is neither.
 */
export function parseAuthority(
  text: string,
): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[(?<v6>[\da-f:.]+)\]|(?<host>[^\s:[\]/@]+)):(?<port>\d{1,5})$/i.exec(text);
  const host = match?.groups?.['v6'] ?? match?.groups?.['host'];
  const port = Number(match?.groups?.['port']);
  return host !== undefined && port > 0 && port < 65_536 ? { host, port } : undefined;
}

/**
 * The user of a `Proxy-Authorization: Basic …` header; the password says nothing.
 *
 * @returns undefined without a header, or when it names nobody.
 * @see RFC 7617
 */
export function proxyUser(header: string | undefined): string | undefined {
  const encoded = /^basic +([\w+/=-]+)$/i.exec(header?.trim() ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [user = ''] = Buffer.from(encoded, 'base64').toString().split(':');
  return user === '' ? undefined : user;
}
