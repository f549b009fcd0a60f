import type { Step } from '../observe/index.ts';
import { hostOf, matchPath, nginxHostOf, type Match, type RouteQuestion } from './find-route.ts';
import type {
  NginxHost,
  Route,
  RouteSource,
  RouteTable,
  SpecificationHost,
} from './route-table.ts';

/** How many of the paths that did not match are named. */
const MAX_NAMED = 8;

/** The reasons for a match: which hosts were looked at, which path won, and what was nearest among those that did not. */
export function explainMatch(
  table: RouteTable,
  question: RouteQuestion,
  match: Match,
): readonly Step[] {
  const named = hostOf(table.specification, question.host);
  const server = nginxHostOf(table.nginx, question.host);
  const steps: Step[] = [];
  if (named === undefined && server === undefined) {
    steps.push(skip(`no rule is for host ${question.host === '' ? '(none)' : question.host}`));
  }
  for (const routes of [named, table.specification.anyHost]) {
    if (routes === undefined) continue;
    const matched = matchPath(routes, question.path);
    steps.push(explainHost(routes, question, matched));
    if (matched !== undefined) return [...steps, ...nearest(pathsOf(routes), question, matched)];
  }
  return [...steps, ...explainRest(question, match)];
}

function explainRest(question: RouteQuestion, match: Match): readonly Step[] {
  switch (match.kind) {
    case 'none':
      return [{ part: 'route', outcome: 'fail', what: 'no default backend either' }];
    case 'redirect':
      return [
        {
          part: 'route',
          outcome: 'pass',
          what: `from-to-www-redirect: ${match.redirect.to}`,
          object: describeSource(match.redirect.source),
        },
      ];
    case 'malformed':
      return [
        { part: 'route', outcome: 'fail', what: `nginx does not read the path ${question.path}` },
      ];
    case 'slash':
    case 'nginx':
      return explainServer(match, question);
    case 'specification':
      return [
        {
          part: 'route',
          outcome: 'pass',
          what: 'default backend',
          object: describeSource(match.route.source),
        },
      ];
    default:
      return match satisfies never;
  }
}

function explainServer(
  match: Extract<Match, { readonly kind: 'nginx' | 'slash' }>,
  question: RouteQuestion,
): readonly Step[] {
  const { host, route } = match;
  const steps: Step[] = [];
  const name = host.host === '' ? 'server of every other host' : `server ${host.host}`;
  if (host.regexBecause !== undefined) {
    steps.push({
      part: 'route',
      outcome: 'pass',
      what: `${name}: every path is a regular expression, in which case does not count`,
      because: 'use-regex or rewrite-target on one path of the host makes all of them so',
      object: describeSource(host.regexBecause),
    });
  }
  const others = locationsOf(host);
  if (match.kind === 'slash') {
    steps.push(pass(`${name}, ${route.path} for ${question.path}`, route));
  } else if (route === host.root && !others.includes(route)) {
    const because = listed(others);
    steps.push({
      ...skip(`${name}: no path takes ${question.path}`),
      ...(because === '' ? {} : { because: `it has ${because}` }),
    });
    steps.push({
      part: 'route',
      outcome: route.backend === undefined ? 'fail' : 'pass',
      what: 'default backend',
      object: describeSource(route.source),
    });
    return steps;
  } else steps.push(pass(`${name}, ${route.pathType} ${route.path}`, route));
  return [...steps, ...nearest(others, question, route)];
}

function explainHost(
  routes: SpecificationHost,
  { path }: RouteQuestion,
  matched: Route | undefined,
): Step {
  const name = routes.host === '' ? 'rules without a host' : `host ${routes.host}`;
  if (matched !== undefined) return pass(`${name}, ${matched.pathType} ${matched.path}`, matched);
  return {
    ...skip(`${name}: no path takes ${path}`),
    because: `it has ${listed(pathsOf(routes))}`,
  };
}

/** The route that came closest of those that did not win: that shares the longest beginning with the path. */
function nearest(
  routes: readonly Route[],
  { path }: RouteQuestion,
  winner: Route,
): readonly Step[] {
  let best: Route | undefined;
  let bestLength = 0;
  for (const route of routes) {
    if (route === winner || isSame(route.source, winner.source)) continue;
    const length = commonLength(route.path, path);
    if (length > bestLength) [best, bestLength] = [route, length];
  }
  if (best === undefined) return [];
  return [
    { ...skip(`nearest: ${best.pathType} ${best.path}`), object: describeSource(best.source) },
  ];
}

function commonLength(a: string, b: string): number {
  let index = 0;
  while (index < a.length && a[index]?.toLowerCase() === b[index]?.toLowerCase()) index += 1;
  return index;
}

function isSame(a: RouteSource, b: RouteSource): boolean {
  return a.namespace === b.namespace && a.name === b.name && a.field === b.field;
}

function pathsOf({ exact, prefixes }: SpecificationHost): readonly Route[] {
  return [...exact.values(), ...prefixes.values()];
}

/** Each once, although a Prefix makes two locations. */
function locationsOf({ exact, prefixes, regexes }: NginxHost): readonly Route[] {
  return [
    ...new Set([...exact.values(), ...prefixes.values(), ...regexes.map(({ route }) => route)]),
  ];
}

function listed(routes: readonly Route[]): string {
  return routes
    .slice(0, MAX_NAMED)
    .map(({ pathType, path }) => `${pathType} ${path}`)
    .join(', ');
}

function pass(what: string, { source }: Route): Step {
  return { part: 'route', outcome: 'pass', what, object: describeSource(source) };
}

function skip(what: string): Step {
  return { part: 'route', outcome: 'skip', what };
}

/** `Ingress shop/web spec.rules[0].http.paths[1]` */
export function describeSource({ kind, namespace, name, field }: RouteSource): string {
  return `${kind} ${namespace}/${name} ${field}`;
}
