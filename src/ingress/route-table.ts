import type { CanaryRules } from './canary.ts';
import { PathMap } from './path-map.ts';
import type { ClientTls, RoutePolicy } from './route-policy.ts';

/** Where a route sends a request. */
export interface RouteBackend {
  readonly namespace: string;
  readonly service: string;
  /** A Service port's number or name; 0 stands for the first one. */
  readonly port: number | string;
}

/** Where a route was written. */
export interface RouteSource {
  /** `Ingress`, later `HTTPRoute`. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Path of the field: `spec.rules[0].http.paths[1]`, `spec.defaultBackend`. */
  readonly field: string;
}

export type PathType = 'Exact' | 'Prefix';

/** One path of one host. */
export interface Route {
  readonly pathType: PathType;
  /** As written. */
  readonly path: string;
  /** Absent where the backend is no Service (a `resource`), which nobody here can serve. */
  readonly backend: RouteBackend | undefined;
  readonly source: RouteSource;
  /** @default nothing beyond the backend */
  readonly policy?: RoutePolicy;
  /** Another backend for some of the requests. */
  readonly alternative?: Alternative;
  /** Where requests go while `backend` has no endpoint. */
  readonly fallback?: RouteBackend;
  /** Why every request is answered 503: what its Ingress asks for cannot be had. */
  readonly denied?: string;
}

/** A backend that takes a share of a route's requests. */
export interface Alternative {
  readonly backend: RouteBackend;
  readonly rules: CanaryRules;
  readonly source: RouteSource;
  /** Of the requests that it takes. @default the route's */
  readonly policy?: RoutePolicy;
}

/** The routes of one host as the specification has them, each path found by look-up. */
export interface SpecificationHost {
  readonly kind: 'specification';
  /** As written in the rule: `foo.example`, `*.example`, or '' for every host. */
  readonly host: string;
  readonly exact: PathMap<Route>;
  /** By path without its trailing slash; '' is the root. */
  readonly prefixes: PathMap<Route>;
  /** What the Ingresses of this host fall back to. */
  readonly defaultRoute: Route | undefined;
}

/** One host as ingress-nginx serves it: an nginx `server` with its locations. */
export interface NginxHost {
  readonly kind: 'ingress-nginx';
  readonly host: string;
  /** `location = /path` */
  readonly exact: ReadonlyMap<string, Route>;
  /** `location /path/`, by the path with its last slash. */
  readonly prefixes: ReadonlyMap<string, Route>;
  /** `location ~* "^path"`, in the order they are tried; then `exact` and `prefixes` are empty. */
  readonly regexes: readonly RegexRoute[];
  /** Why all paths are regular expressions: what says so. */
  readonly regexBecause?: RouteSource;
  /** What takes a path that no other does: the root location, which every server has. */
  readonly root: Route;
  /** Where `/` leads. */
  readonly appRoot?: string;
  /** Every request is answered 403: the CA of client certificates cannot be read. */
  readonly isClosed: boolean;
  /** What is asked of clients of TLS. @default nothing */
  readonly clientTls?: ClientTls;
  /** TLS goes on to this Service as it comes. */
  readonly passthrough?: RouteBackend;
}

/** A path as a regular expression, anchored at its start, in which case does not count. */
export interface RegexRoute {
  readonly regex: RegExp;
  readonly route: Route;
}

/** A name of a server that stands for many. */
export interface HostPattern {
  readonly kind: 'wildcard' | 'regex';
  readonly matches: RegExp;
  readonly host: NginxHost;
}

/** A host that ingress-nginx sends to another. */
export interface HostRedirect {
  readonly status: number;
  readonly to: string;
  /** The client's X-Forwarded-* are believed. */
  readonly isForwardedTrusted: boolean;
  readonly source: RouteSource;
}

/** What `matchRoute` reads: every front end's routes, whatever kind of object they came from. */
export interface RouteTable {
  readonly specification: SpecificationRoutes;
  readonly nginx: NginxRoutes;
}

/** Hosts of one class. */
interface ClassRoutes<H> {
  /** Routes of exactly this host, lower-case. */
  readonly hosts: ReadonlyMap<string, H>;
  /** Routes of `*.suffix` by `.suffix`: one label in place of the star. */
  readonly wildcards: ReadonlyMap<string, H>;
}

/** What the class that follows the specification serves. */
export interface SpecificationRoutes extends ClassRoutes<SpecificationHost> {
  /** Rules without a host. */
  readonly anyHost: SpecificationHost | undefined;
  /** For requests that no rule takes. */
  readonly defaultRoute: Route | undefined;
}

/** What the class that behaves as ingress-nginx serves. */
export interface NginxRoutes extends ClassRoutes<NginxHost> {
  /** Other names of hosts. */
  readonly aliases: ReadonlyMap<string, NginxHost>;
  /** Other names that are patterns, in the order that nginx looks at them. */
  readonly patterns: readonly HostPattern[];
  readonly redirects: ReadonlyMap<string, HostRedirect>;
  /** The server for every other host. */
  readonly anyHost: NginxHost | undefined;
  /** What serves requests that no Ingress takes. */
  readonly defaultBackend: RouteBackend | undefined;
}

/** A route on its way into the table, with the host that it is for. */
export interface HostRoute {
  readonly host: string;
  readonly route: Route;
}

/**
 * The routes of one host: of two for the same path and type the first wins.
 *
 * @param routes In order of precedence.
 */
export function compileHost(
  host: string,
  routes: readonly Route[],
  defaultRoute: Route | undefined,
): SpecificationHost {
  const exact = new PathMap<Route>();
  const prefixes = new PathMap<Route>();
  for (const route of routes) {
    const [map, key] =
      route.pathType === 'Exact'
        ? [exact, route.path]
        : [prefixes, withoutTrailingSlash(route.path)];
    if (!map.has(key)) map.set(key, route);
  }
  return { kind: 'specification', host, exact, prefixes, defaultRoute };
}

/** `/a/b/` and `/a/b` are one prefix; '' is the root. */
export function withoutTrailingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
