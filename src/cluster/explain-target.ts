import { parseIp, PodlaneError } from '../net/index.ts';

/** Where an explained request wants to go. */
export interface ExplainTarget {
  /** A name, or an address in canonical text. */
  readonly host: string;
  readonly port: number;
  readonly scheme: 'http' | 'https' | 'tcp' | 'udp' | 'sctp';
  /** Path and query of a URL. */
  readonly path: string;
  /** As it was written. */
  readonly text: string;
}

/** Where a URL without a port leads. */
export const DEFAULT_PORT = { http: 80, https: 443, tcp: 80, udp: 53, sctp: 80 } as const;

const SCHEMES = ['http', 'https', 'tcp', 'udp', 'sctp'] as const;

const TARGET =
  /^(?:(?<scheme>https?|tcp|udp|sctp):\/\/)?(?:\[(?<v6>[^\]]+)\]|(?<name>[^:/?#[\]\s]+))(?::(?<port>\d{1,5}))?(?<rest>[/?].*)?$/i;

/**
 * Reads a URL (`http:`, `https:`, `tcp:`, `udp:`, `sctp:`), `name[:port]` or `address[:port]`; without a port it is 80, 443 for
 * https, 53 for udp.
 *
 * @throws PodlaneError `ERR_OPTION`
 */
export function parseExplainTarget(text: string): ExplainTarget {
  const parts = splitTarget(text);
  const { host, digits, path } = parts;
  const scheme = schemeOf(parts.scheme, path, digits);
  const port = digits === undefined ? DEFAULT_PORT[scheme] : Number(digits);
  if (host !== '' && port > 0 && port < 65_536) return { host, port, scheme, path, text };
  throw new PodlaneError('ERR_OPTION', `"${text}" is no URL, name or address`, {
    hint: 'Write http://api:8080/healthz, redis:6379, udp://kube-dns.kube-system:53 or 10.96.41.8:80.',
  });
}

interface TargetParts {
  readonly scheme: string;
  readonly host: string;
  readonly digits: string | undefined;
  readonly path: string;
}

function splitTarget(text: string): TargetParts {
  const bare = parseIp(text)?.text;
  if (bare !== undefined) return { scheme: '', host: bare, digits: undefined, path: '/' };
  const { scheme = '', v6, name = '', port, rest = '/' } = TARGET.exec(text)?.groups ?? {};
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return { scheme: scheme.toLowerCase(), host: canonical(v6 ?? name), digits: port, path };
}

function canonical(host: string): string {
  return parseIp(host)?.text ?? host;
}

/** Without a scheme a path, or no port at all, means HTTP; a port alone says nothing of what is spoken there. */
function schemeOf(
  written: string,
  path: string,
  digits: string | undefined,
): ExplainTarget['scheme'] {
  const known = SCHEMES.find((scheme) => scheme === written);
  if (known !== undefined) return known;
  return path !== '/' || digits === undefined ? 'http' : 'tcp';
}
