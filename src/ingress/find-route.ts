import { matchLocation } from './match-location.ts';
import { normalisePath } from './normalise-path.ts';
import type {
  HostPattern,
  HostRedirect,
  NginxHost,
  NginxRoutes,
  Route,
  RouteTable,
  SpecificationHost,
  SpecificationRoutes,
} from './route-table.ts';

/** What routing looks at. */
export interface RouteQuestion {
  /** The Host header or `:authority`, with or without a port; '' when there was none. */
  readonly host: string;
  /** The path of the request target, without its query. */
  readonly path: string;
}

/** What was found. */
export type Match =
  /** A route of the class that follows the specification. */
  | {
      readonly kind: 'specification';
      readonly host: SpecificationHost | undefined;
      readonly route: Route;
    }
  /** A location of ingress-nginx; `path` is normalised. */
  | {
      readonly kind: 'nginx';
      readonly host: NginxHost;
      readonly route: Route;
      readonly path: string;
    }
  /** ingress-nginx knows the path with a slash at its end. */
  | { readonly kind: 'slash'; readonly host: NginxHost; readonly route: Route }
  | { readonly kind: 'redirect'; readonly redirect: HostRedirect }
  /** nginx does not read the path. */
  | { readonly kind: 'malformed'; readonly host: NginxHost }
  | { readonly kind: 'none' };

/** Lower-case, without port and trailing dot; an IPv6 literal keeps its brackets. */
export function normaliseHost(host: string): string {
  if (isNormal(host)) return host;
  const colon = host.lastIndexOf(':');
  const bare = colon >= 0 && /^\d*$/.test(host.slice(colon + 1)) ? host.slice(0, colon) : host;
  const name = bare.toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** Nearly all are, and the engine's own functions look at each letter several times. */
function isNormal(host: string): boolean {
  for (let index = 0; index < host.length; index += 1) {
    const code = host.charCodeAt(index);
    if (
      code > Z ||
      (code < A && code !== DOT && code !== HYPHEN && !(code >= ZERO && code <= NINE))
    )
      return false;
  }
  return host.charCodeAt(host.length - 1) !== DOT;
}

const HYPHEN = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const ZERO = 0x30;
const NINE = 0x39;
const A = 0x61;
const Z = 0x7a;

/** The routes of a host, by its name or by a wildcard. */
export function hostOf<H>(
  {
    hosts,
    wildcards,
  }: { readonly hosts: ReadonlyMap<string, H>; readonly wildcards: ReadonlyMap<string, H> },
  host: string,
): H | undefined {
  const named = hosts.get(host);
  if (named !== undefined || wildcards.size === 0) return named;
  const dot = host.indexOf('.');
  return dot > 0 ? wildcards.get(host.slice(dot)) : undefined;
}

/** The servers of ingress-nginx and how they are called. */
export type NginxNames = Pick<NginxRoutes, 'hosts' | 'wildcards' | 'aliases' | 'patterns'>;

/** The server of ingress-nginx for a host; undefined where it has only its own default. */
export function nginxHostOf(routes: NginxNames, host: string): NginxHost | undefined {
  return (
    routes.hosts.get(host) ??
    routes.aliases.get(host) ??
    patternOf(routes, 'wildcard', host) ??
    hostOf(routes, host) ??
    patternOf(routes, 'regex', host)
  );
}

function patternOf(
  { patterns }: NginxNames,
  kind: HostPattern['kind'],
  host: string,
): NginxHost | undefined {
  if (patterns.length === 0) return undefined;
  return patterns.find((pattern) => pattern.kind === kind && pattern.matches.test(host))?.host;
}

/** Whether an Ingress names this host, as it is or by a wildcard. */
export function hasHost({ specification, nginx }: RouteTable, host: string): boolean {
  const name = normaliseHost(host);
  return (
    hostOf(specification, name) !== undefined ||
    nginxHostOf(nginx, name) !== undefined ||
    nginx.redirects.has(name)
  );
}

/** What a request leads to, by its host (`normaliseHost`) and path. */
export function findRoute(table: RouteTable, host: string, path: string): Match {
  const { specification, nginx } = table;
  const named = hostOf(specification, host);
  const bySpecification = findPath(specification, named, path);
  if (bySpecification !== undefined) return bySpecification;
  const server = nginxHostOf(nginx, host);
  if (server !== undefined) return findLocation(server, path);
  const redirect = nginx.redirects.get(host);
  if (redirect !== undefined) return { kind: 'redirect', redirect };
  const fallback = named?.defaultRoute ?? specification.defaultRoute;
  if (fallback !== undefined) return { kind: 'specification', host: named, route: fallback };
  return nginx.anyHost === undefined ? { kind: 'none' } : findLocation(nginx.anyHost, path);
}

function findPath(
  { anyHost }: SpecificationRoutes,
  named: SpecificationHost | undefined,
  path: string,
): Match | undefined {
  const own = named === undefined ? undefined : matchPath(named, path);
  if (own !== undefined) return { kind: 'specification', host: named, route: own };
  const any = anyHost === undefined ? undefined : matchPath(anyHost, path);
  return any === undefined ? undefined : { kind: 'specification', host: anyHost, route: any };
}

function findLocation(host: NginxHost, raw: string): Match {
  const path = normalisePath(raw);
  if (path === undefined) return { kind: 'malformed', host };
  const found = matchLocation(host, path);
  return found.kind === 'slash'
    ? { kind: 'slash', host, route: found.route }
    : { kind: 'nginx', host, route: found.route, path };
}

/** The route of a path: equal, else the longest prefix of whole elements. */
export function matchPath({ exact, prefixes }: SpecificationHost, path: string): Route | undefined {
  const equal = exact.get(path);
  if (equal !== undefined || prefixes.size === 0 || !path.startsWith('/')) return equal;
  let end = path.endsWith('/') ? path.length - 1 : path.length;
  for (;;) {
    const route = prefixes.getPrefix(path, end);
    if (route !== undefined || end === 0) return route;
    do end -= 1;
    while (path.charCodeAt(end) !== SLASH);
  }
}
