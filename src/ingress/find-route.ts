import { matchLocation } from './match-location.ts';
import { normalisePath } from './normalise-path.ts';
import {
  withoutTrailingSlash,
  type HostPattern,
  type HostRedirect,
  type NginxHost,
  type NginxRoutes,
  type Route,
  type RouteTable,
  type SpecificationHost,
  type SpecificationRoutes,
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
  const colon = host.lastIndexOf(':');
  const bare = colon >= 0 && /^\d*$/.test(host.slice(colon + 1)) ? host.slice(0, colon) : host;
  const name = bare.toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

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
  if (equal !== undefined || prefixes.size === 0) return equal;
  let prefix = withoutTrailingSlash(path);
  for (;;) {
    const route = prefixes.get(prefix);
    if (route !== undefined) return route;
    const slash = prefix.lastIndexOf('/');
    if (slash < 0) return undefined;
    prefix = prefix.slice(0, slash);
  }
}
