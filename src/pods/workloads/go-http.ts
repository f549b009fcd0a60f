import type { IncomingMessage } from 'node:http';
import type { Flow } from '../../net/index.ts';

/** Headers as Go keeps them: canonical names, all values of each, `Host` apart. */
export type GoHeaders = ReadonlyMap<string, readonly string[]>;

/** @see Go net/textproto CanonicalMIMEHeaderKey */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** The request's headers without `Host`, in order of their names. */
export function goHeaders({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): GoHeaders {
  const headers = new Map<string, string[]>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = canonicalName(rawHeaders[index] ?? '');
    if (name === 'Host') continue;
    headers.set(name, [...(headers.get(name) ?? []), rawHeaders[index + 1] ?? '']);
  }
  return new Map([...headers].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The query's parameters, and the path without it. */
export function requestUrl({ url = '/' }: Pick<IncomingMessage, 'url'>): URL {
  return new URL(url.startsWith('/') ? `http://pod${url}` : url);
}

/** `10.244.1.4:40312`: who asks, as Go's RemoteAddr. */
export function remoteAddress({ source }: Flow): string {
  return joinHostPort(source.address, source.port);
}

/** @see Go net.JoinHostPort */
export function joinHostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The host and port of `host:port`; undefined when it is none. */
export function splitHostPort(
  text: string,
): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(text);
  if (match === null) return undefined;
  return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) };
}

/** Milliseconds in a Go duration such as `1.5s` or `2m30s`; undefined when it is none. */
export function goDurationMs(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return text === '0' ? 0 : undefined;
  let sum = 0;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(amount) * (UNIT_MS[unit] ?? 0);
  return sum;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
