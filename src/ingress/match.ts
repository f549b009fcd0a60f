import type { Step } from '../observe/index.ts';
import {
  withoutTrailingSlash,
  type HostRoutes,
  type Route,
  type RouteTable,
} from './route-table.ts';

/** What routing looks at. */
export interface RouteQuestion {
  /** The Host header or `:authority`, with or without a port; '' when there was none. */
  readonly host: string;
  /** The path of the request target, without its query. */
  readonly path: string;
}

export type RouteMatch =
  | { readonly kind: 'route'; readonly route: Route; readonly steps: readonly Step[] }
  | { readonly kind: 'none'; readonly steps: readonly Step[] };

/**
 * The route of a request.
 *
 * The most specific host first (equal, then one label for the star, then rules without a host), in it the longest path,
 * Exact before Prefix; then the default backend. A Prefix matches whole path elements, case counts, and a trailing
 * slash on either side does not.
 *
 * @param isExplained Fill `steps`; the hot path leaves them out. @default false
 * @see Kubernetes documentation, "Ingress", path types and hostname wildcards
 */
export function matchRoute(
  table: RouteTable,
  question: RouteQuestion,
  isExplained = false,
): RouteMatch {
  const host = normaliseHost(question.host);
  const named = table.hosts.get(host) ?? wildcardOf(table, host);
  const route =
    (named && matchPath(named, question.path)) ??
    (table.anyHost && matchPath(table.anyHost, question.path)) ??
    named?.defaultRoute ??
    table.defaultRoute;
  const steps = isExplained ? explainMatch({ table, named, question, route }) : [];
  return route === undefined ? { kind: 'none', steps } : { kind: 'route', route, steps };
}

/** Lower-case, without port and trailing dot; an IPv6 literal keeps its brackets. */
export function normaliseHost(host: string): string {
  const name = host.replace(/:\d*$/, '').toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function wildcardOf(table: RouteTable, host: string): HostRoutes | undefined {
  const dot = host.indexOf('.');
  return dot > 0 ? table.wildcards.get(host.slice(dot)) : undefined;
}

function matchPath({ exact, prefixes }: HostRoutes, path: string): Route | undefined {
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

interface Explained {
  readonly table: RouteTable;
  readonly named: HostRoutes | undefined;
  readonly question: RouteQuestion;
  readonly route: Route | undefined;
}

function explainMatch({ table, named, question, route }: Explained): readonly Step[] {
  const steps: Step[] = [];
  if (named === undefined) {
    steps.push({
      part: 'route',
      outcome: 'skip',
      what: `no rule is for host ${question.host === '' ? '(none)' : question.host}`,
    });
  }
  for (const routes of [named, table.anyHost]) {
    if (routes === undefined) continue;
    const matched = matchPath(routes, question.path);
    steps.push(explainHost(routes, question, matched));
    if (matched !== undefined) return steps;
  }
  const fallback: Step =
    route === undefined
      ? { part: 'route', outcome: 'fail', what: 'no default backend either' }
      : { part: 'route', outcome: 'pass', what: 'default backend', object: sourceOf(route) };
  return [...steps, fallback];
}

function explainHost(
  routes: HostRoutes,
  { path }: RouteQuestion,
  matched: Route | undefined,
): Step {
  const name = routes.host === '' ? 'rules without a host' : `host ${routes.host}`;
  if (matched !== undefined) {
    return {
      part: 'route',
      outcome: 'pass',
      what: `${name}, ${matched.pathType} ${matched.path}`,
      object: sourceOf(matched),
    };
  }
  const known = [...routes.exact.values(), ...routes.prefixes.values()].slice(0, 8);
  const paths = known.map((other) => `${other.pathType} ${other.path}`).join(', ');
  return {
    part: 'route',
    outcome: 'skip',
    what: `${name}: no path takes ${path}`,
    because: `it has ${paths}`,
  };
}

function sourceOf({ source: { kind, namespace, name, field } }: Route): string {
  return `${kind} ${namespace}/${name} ${field}`;
}
