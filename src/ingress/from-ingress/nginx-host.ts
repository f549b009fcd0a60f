import type { ClientTls, RoutePolicy } from '../route-policy.ts';
import type { Alternative, HostRoute, NginxHost, RegexRoute, Route } from '../route-table.ts';
import type { CompiledIngress, NginxIngress } from './compile-ingress.ts';

/** What a server of ingress-nginx is made of. */
export interface NginxHostParts {
  /** As in the rules; '' for every host. */
  readonly host: string;
  /** That name the host, in order of precedence. */
  readonly ingresses: readonly NginxIngress[];
  /** Whether a certificate is configured for the host, be it the default one. */
  readonly isTls: boolean;
  /** Serves what nothing else does. */
  readonly defaultBackend: Route['backend'];
}

/**
 * The server of a host: the first definition of each path and type wins, canaries join the path they equal, and one
 * regular expression makes all paths such.
 */
export function compileNginxHost(given: NginxHostParts): NginxHost | undefined {
  const mains = given.ingresses.filter(({ settings }) => settings.canary === undefined);
  const canaries = given.ingresses.filter(({ settings }) => settings.canary !== undefined);
  const [first] = mains;
  if (first === undefined) return undefined;
  const clientTls = mains.map(({ settings }) => settings.policy?.clientTls).find(isPresent);
  const parts: HostParts = { ...given, clientTls };
  const paths = withCanaries(distinctPaths(parts, mains), canaries, parts.host);
  const regexPath = paths.find(isRegexPath);
  const root = rootOf(parts, mains, first);
  const locations =
    regexPath === undefined ? plainLocations(paths) : { ...NONE, regexes: regexLocations(paths) };
  const appRoot =
    paths.map(({ route }) => route.policy?.appRoot).find(isPresent) ?? root.policy?.appRoot;
  const passthrough = first.settings.isPassthrough === true ? rootBackend(paths) : undefined;
  return {
    kind: 'ingress-nginx',
    host: parts.host,
    ...locations,
    ...(regexPath === undefined ? {} : { regexBecause: regexPath.route.source }),
    root,
    ...(appRoot === undefined ? {} : { appRoot }),
    isClosed: clientTls !== undefined && clientTls.ca === undefined,
    ...(clientTls === undefined ? {} : { clientTls }),
    ...(passthrough === undefined ? {} : { passthrough }),
  };
}

/** What one definition of a host means for all of its locations. */
interface HostParts extends NginxHostParts {
  readonly clientTls: ClientTls | undefined;
}

/** A path with the Ingress that it is of. */
interface NginxPath {
  readonly ingress: NginxIngress;
  readonly route: Route;
}

const NONE = { exact: new Map<string, Route>(), prefixes: new Map<string, Route>() } as const;

function isPresent<V>(value: V | undefined): value is V {
  return value !== undefined;
}

function distinctPaths(parts: HostParts, mains: readonly NginxIngress[]): NginxPath[] {
  const paths = new Map<string, NginxPath>();
  for (const ingress of mains) {
    if (parts.host === '' && ingress.routes.length === 0) continue;
    for (const { route } of routesOf(ingress, parts.host)) {
      // Paths that lead to no Service are left out, as ingress-nginx does.
      if (route.backend === undefined) continue;
      const key = keyOf(route);
      if (!paths.has(key)) paths.set(key, { ingress, route: locationRoute(parts, ingress, route) });
    }
  }
  return [...paths.values()];
}

function routesOf({ routes }: CompiledIngress, host: string): readonly HostRoute[] {
  return routes.filter((route) => route.host === host);
}

function keyOf({ pathType, path }: Route): string {
  return `${pathType} ${path}`;
}

/** The route with everything that its annotations ask for at this place. */
function locationRoute(parts: HostParts, ingress: NginxIngress, route: Route): Route {
  const { settings, denied } = ingress;
  const { defaultService } = settings;
  const fallback =
    defaultService === undefined
      ? undefined
      : { namespace: ingress.namespace, service: defaultService, port: 0 };
  return {
    ...route,
    policy: locationPolicy(parts, ingress, route.path),
    ...(fallback === undefined ? {} : { fallback }),
    ...(denied === undefined ? {} : { denied }),
  };
}

function locationPolicy(parts: HostParts, ingress: NginxIngress, path: string): RoutePolicy {
  const { settings, policy, controller } = ingress;
  const isExempt = controller.noRedirectLocations.some((location) => path.startsWith(location));
  const isSecured =
    settings.sslRedirect === 'https' || (settings.sslRedirect === 'tls' && parts.isTls);
  const isCookieLocal = settings.isCookiePathOfLocation === true && policy.affinity !== undefined;
  return {
    ...policy,
    ...(isSecured && !isExempt
      ? {
          sslRedirect: {
            status: controller.redirectStatus,
            isTrailingSlashKept: settings.isTrailingSlashKept ?? false,
            isForwardedTrusted: controller.isForwardedTrusted,
          },
        }
      : {}),
    ...rewritePolicy(ingress, path),
    ...(parts.clientTls === undefined ? {} : { clientTls: parts.clientTls }),
    ...(isCookieLocal ? { affinity: { ...policy.affinity, path } } : {}),
    ...(controller.noAuthLocations.some((location) => path.startsWith(location))
      ? { externalAuth: undefined, basicAuth: undefined }
      : {}),
  } as RoutePolicy; // `undefined` stands for an absent field here: it takes one away.
}

function rewritePolicy({ settings }: NginxIngress, path: string): RoutePolicy {
  const { rewriteTarget, forwardedPrefix } = settings;
  if (rewriteTarget === undefined || rewriteTarget === path) return {};
  const regex = compileRegex(path, '');
  if (regex === undefined) return {};
  return {
    rewrite: { regex, replacement: rewriteTarget },
    ...(forwardedPrefix === undefined ? {} : { forwardedPrefix }),
  };
}

/** Canaries join the main path of the same path and type; without one they do nothing. */
function withCanaries(
  paths: readonly NginxPath[],
  canaries: readonly NginxIngress[],
  host: string,
): readonly NginxPath[] {
  const alternatives = new Map<string, Canary>();
  for (const ingress of canaries) {
    const { routes, settings } = ingress;
    const { canary: rules } = settings;
    for (const { route, host: own } of routes) {
      const key = keyOf(route);
      if (own !== host || route.backend === undefined || rules === undefined) continue;
      if (!alternatives.has(key))
        alternatives.set(key, { ingress, backend: route.backend, rules, source: route.source });
    }
  }
  return paths.map((path) => {
    const canary = alternatives.get(keyOf(path.route));
    if (canary === undefined) return path;
    const alternative = { ...canary, policy: alternativePolicy(path.route, canary) };
    return { ...path, route: { ...path.route, alternative } };
  });
}

interface Canary extends Alternative {
  readonly ingress: NginxIngress;
}

/** All is as for the main path, but for sessions where the canary has its own. */
function alternativePolicy({ policy = {} }: Route, { ingress }: Canary): RoutePolicy {
  if (ingress.settings.isCanaryApart !== true) return policy;
  const { affinity: _affinity, ...rest } = policy;
  const { affinity } = ingress.policy;
  return { ...rest, ...(affinity === undefined ? {} : { affinity }) };
}

function rootOf(parts: HostParts, mains: readonly NginxIngress[], first: NginxIngress): Route {
  // Of every other host, an Ingress that is nothing but a default backend is the root.
  const catchAll = parts.host === '' ? mains.find(isCatchAll) : undefined;
  const owner = catchAll ?? first;
  const fallback = owner.defaultRoute;
  // A redirect or a rewrite of a catch-all would concern every host there is.
  const policy = locationPolicy(
    parts,
    catchAll === undefined ? owner : withoutRedirects(owner),
    '/',
  );
  return {
    pathType: 'Prefix',
    path: '/',
    backend: fallback?.backend ?? parts.defaultBackend,
    source: fallback?.source ?? {
      kind: 'Ingress',
      namespace: owner.namespace,
      name: owner.name,
      field: 'spec.rules',
    },
    policy,
    ...(owner.denied === undefined ? {} : { denied: owner.denied }),
  };
}

function isCatchAll({ routes, hosts, defaultRoute }: NginxIngress): boolean {
  return routes.length === 0 && hosts.length === 0 && defaultRoute !== undefined;
}

function withoutRedirects(ingress: NginxIngress): NginxIngress {
  const { redirect: _redirect, appRoot: _appRoot, ...policy } = ingress.policy;
  const { rewriteTarget: _target, ...settings } = ingress.settings;
  return { ...ingress, policy, settings: { ...settings, sslRedirect: 'off' } };
}

function isRegexPath({ ingress, route }: NginxPath): boolean {
  return ingress.settings.isRegex === true || needsRewrite(ingress, route);
}

function needsRewrite({ settings }: NginxIngress, { path }: Route): boolean {
  const { rewriteTarget } = settings;
  return rewriteTarget !== undefined && rewriteTarget !== path;
}

/** A Prefix is a location with a slash at its end, and one for exactly itself; longer ones first. */
function plainLocations(
  paths: readonly NginxPath[],
): Pick<NginxHost, 'exact' | 'prefixes' | 'regexes'> {
  const exact = new Map<string, Route>();
  const prefixes = new Map<string, Route>();
  for (const { route } of paths) if (route.pathType === 'Exact') exact.set(route.path, route);
  for (const { route } of byLength(paths)) {
    if (route.pathType === 'Exact') continue;
    const withSlash = route.path.endsWith('/') ? route.path : `${route.path}/`;
    if (!prefixes.has(withSlash)) prefixes.set(withSlash, route);
    if (route.path !== '/' && !exact.has(route.path)) exact.set(route.path, route);
  }
  return { exact: withoutSlashed(exact, prefixes), prefixes, regexes: [] };
}

/** `= /foo/` beside `/foo/` of the same route says nothing more. */
function withoutSlashed(
  exact: ReadonlyMap<string, Route>,
  prefixes: ReadonlyMap<string, Route>,
): ReadonlyMap<string, Route> {
  return new Map([...exact].filter(([path, route]) => prefixes.get(path) !== route));
}

/** Longer texts first, whatever they match. A plain Prefix also matches itself with a slash, before itself alone. */
function regexLocations(paths: readonly NginxPath[]): readonly RegexRoute[] {
  const exact = new Set(
    paths.flatMap(({ route }) => (route.pathType === 'Exact' ? [route.path] : [])),
  );
  return byLength(paths).flatMap((path) => {
    const { route } = path;
    const isSplit = route.pathType === 'Prefix' && route.path !== '/' && !isRegexPath(path);
    const withSlash = route.path.endsWith('/') ? route.path : `${route.path}/`;
    const texts = !isSplit
      ? [route.path]
      : exact.has(route.path)
        ? [withSlash]
        : [withSlash, route.path];
    return [...new Set(texts)].flatMap((text) => {
      const regex = compileRegex(text, '^');
      return regex === undefined ? [] : [{ regex, route }];
    });
  });
}

function byLength(paths: readonly NginxPath[]): readonly NginxPath[] {
  return paths.toSorted(
    ({ route: { path: a } }, { route: { path: b } }) =>
      b.length - a.length || (a === b ? 0 : a > b ? -1 : 1),
  );
}

/** What PCRE reads and JavaScript writes otherwise is translated; what neither reads takes no request. */
function compileRegex(path: string, anchor: '' | '^'): RegExp | undefined {
  const source = path.replaceAll('(?P<', '(?<').replaceAll(/([^\\]|^)\(\?i\)/g, '$1');
  try {
    return new RegExp(`${anchor}${source}`, 'is');
  } catch {
    return undefined;
  }
}

function rootBackend(paths: readonly NginxPath[]): Route['backend'] {
  return paths.find(({ route }) => route.path === '/')?.route.backend;
}
