import { isDomainName } from '../../names.ts';
import { parseUpstream, type Upstream } from './upstream.ts';

/** How an upstream is spoken to. */
export type UpstreamTransport = 'dns' | 'tls' | 'https';

/** A server to ask, and how. */
export interface Destination {
  readonly upstream: Upstream;
  readonly transport: UpstreamTransport;
  /** What its certificate is for; absent for the name that all share, or its address. */
  readonly serverName?: string;
}

/** What stands for upstreams in a Corefile. */
export type DestinationText =
  | { readonly kind: 'address'; readonly destination: Destination }
  | {
      readonly kind: 'name';
      readonly name: string;
      readonly port: number;
      readonly transport: UpstreamTransport;
      readonly serverName?: string;
    }
  /** A file like resolv.conf. */
  | { readonly kind: 'file'; readonly path: string }
  /** A transport that this server does not speak. */
  | { readonly kind: 'unsupported'; readonly transport: string };

const PORTS = { dns: 53, tls: 853, https: 443 } as const;

/**
 * Reads `ADDRESS[:PORT]`, `tls://ADDRESS[%SERVERNAME][:PORT]`, `https://` likewise, a host name in their place, or a path.
 *
 * @param isFile Whether there is a file of that name.
 * @returns undefined when `text` is none of them.
 */
export function parseDestination(
  text: string,
  isFile: (path: string) => boolean,
): DestinationText | undefined {
  const [, scheme, body = ''] = /^(?:([a-z0-9]+):\/\/)?(.*)$/s.exec(text) ?? [];
  if (scheme === undefined && (body.startsWith('/') || isFile(body)))
    return { kind: 'file', path: body };
  const transport = scheme ?? 'dns';
  if (!isTransport(transport)) return { kind: 'unsupported', transport };
  return parsePlace(body, transport);
}

function isTransport(scheme: string): scheme is UpstreamTransport {
  return Object.hasOwn(PORTS, scheme);
}

function parsePlace(text: string, transport: UpstreamTransport): DestinationText | undefined {
  const { host, serverName } = splitServerName(text);
  const named = transport !== 'dns' && serverName !== undefined ? { serverName } : {};
  const upstream = parseUpstream(host, PORTS[transport]);
  if (upstream !== undefined)
    return { kind: 'address', destination: { upstream, transport, ...named } };
  const place = parseHostName(host, PORTS[transport]);
  return place === undefined ? undefined : { kind: 'name', ...place, transport, ...named };
}

function parseHostName(
  text: string,
  defaultPort: number,
): { readonly name: string; readonly port: number } | undefined {
  const [, name = '', port] = /^([^:[\]/\s]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const isName = name !== '' && !/^[\d.]+$/.test(name);
  if (!isName || !isDomainName(`${name.replace(/\.$/, '')}.`)) return undefined;
  return { name, port: Number(port ?? defaultPort) };
}

/** `ADDRESS%NAME:PORT` as `ADDRESS:PORT` and the name. */
function splitServerName(text: string): { readonly host: string; readonly serverName?: string } {
  const [, address, serverName, port = ''] = /^(.*)%([^%:\]]+)\]?(:\d+)?$/s.exec(text) ?? [];
  if (address === undefined || serverName === undefined) return { host: text };
  const host = address.startsWith('[') ? `${address}]` : address;
  return { host: host + port, serverName };
}
