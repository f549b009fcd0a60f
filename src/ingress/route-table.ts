/** Where a route sends a request. */
export interface RouteBackend {
  readonly namespace: string;
  readonly service: string;
  /** A Service port's number or name. */
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
}

/** The routes of one host, each path found by look-up. */
export interface HostRoutes {
  /** As written in the rule: `foo.example`, `*.example`, or '' for every host. */
  readonly host: string;
  readonly exact: ReadonlyMap<string, Route>;
  /** By path without its trailing slash; '' is the root. */
  readonly prefixes: ReadonlyMap<string, Route>;
  /** What the Ingresses of this host fall back to. */
  readonly defaultRoute: Route | undefined;
}

/** What `matchRoute` reads: every front end's routes, whatever kind of object they came from. */
export interface RouteTable {
  /** Routes of exactly this host, lower-case. */
  readonly hosts: ReadonlyMap<string, HostRoutes>;
  /** Routes of `*.suffix` by `.suffix`: one label in place of the star. */
  readonly wildcards: ReadonlyMap<string, HostRoutes>;
  /** Rules without a host. */
  readonly anyHost: HostRoutes | undefined;
  /** For requests that no rule takes. */
  readonly defaultRoute: Route | undefined;
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
): HostRoutes {
  const exact = new Map<string, Route>();
  const prefixes = new Map<string, Route>();
  for (const route of routes) {
    const [map, key] =
      route.pathType === 'Exact'
        ? [exact, route.path]
        : [prefixes, withoutTrailingSlash(route.path)];
    if (!map.has(key)) map.set(key, route);
  }
  return { host, exact, prefixes, defaultRoute };
}

/** `/a/b/` and `/a/b` are one prefix; '' is the root. */
export function withoutTrailingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
