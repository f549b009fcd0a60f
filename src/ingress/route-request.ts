import type { Step } from '../observe/index.ts';
import { chooseCanary, type CanaryChoice } from './canary.ts';
import { normaliseHost, type Match } from './find-route.ts';
import { preflightAnswer } from './cors.ts';
import { describeSource } from './explain-match.ts';
import { fieldValue } from './http1/index.ts';
import { matchRoute } from './match.ts';
import { hostRedirectAnswer, redirectOf, slashAnswer } from './redirect.ts';
import { refuse } from './refuse.ts';
import { clientAddressOf } from './request-fields.ts';
import { rewritePath } from './rewrite-path.ts';
import type { RoutedRequest, RoutePolicy, RouteRequest } from './route-policy.ts';
import type { Alternative, Route, RouteBackend, RouteTable } from './route-table.ts';
import { isSessionOf } from './session-cookie.ts';
import { isInSources } from './source-list.ts';
import { cookieOf, splitTarget } from './variables.ts';

/** What routing asks of the cluster behind it. */
export interface RoutingFacts {
  readonly table: RouteTable;
  readonly random: () => number;
  /** Whether a backend has an endpoint that may serve now. */
  readonly hasEndpoints: (backend: RouteBackend) => boolean;
  /** Fill `steps`. @default false */
  readonly isExplained?: boolean;
}

/**
 * What becomes of a request: where it goes and how, or what it is answered here.
 *
 * In the order of nginx's phases: what concerns the host, then redirects and preflight, then who may ask, then the
 * backend.
 */
export function routeRequest(facts: RoutingFacts, request: RouteRequest): RoutedRequest {
  const { table, isExplained = false } = facts;
  const { path } = splitTarget(request.target);
  const { match, steps } = matchRoute(table, { host: request.host, path }, isExplained);
  const fallback = match.kind === 'none' ? table.nginx.defaultBackend : undefined;
  if (fallback !== undefined) return toDefaultBackend(fallback, request, steps);
  const answered = answerMatch(match, request);
  if (answered !== undefined) return { ...answered, steps };
  // What is left has a route.
  if (match.kind !== 'nginx' && match.kind !== 'specification')
    throw new TypeError(`a match of kind ${match.kind} has no answer`);
  const routing: Routing = {
    facts,
    request: withClientAddress(request, match.route.policy),
    route: match.route,
    policy: match.route.policy ?? NO_POLICY,
    path: match.kind === 'nginx' ? match.path : path,
    steps: isExplained ? [...steps] : NO_STEPS,
  };
  return answerRewrite(routing) ?? answerAccess(routing) ?? forward(routing);
}

function withClientAddress(request: RouteRequest, policy: RoutePolicy | undefined): RouteRequest {
  const clientAddress = clientAddressOf(request, policy);
  if (clientAddress === request.clientAddress) return request;
  return { ...request, fields: request.fields, clientAddress };
}

const NO_POLICY: RoutePolicy = {};
/** Nobody notes anything there unless it is explained. */
const NO_STEPS: Step[] = [];
const NGINX_POLICY: RoutePolicy = { isNginx: true };

type Answered = Extract<RoutedRequest, { readonly kind: 'answer' }>;

/** A request on its way through the phases. */
interface Routing {
  readonly facts: RoutingFacts;
  readonly request: RouteRequest;
  readonly route: Route;
  policy: RoutePolicy;
  /** Normalised. */
  readonly path: string;
  readonly steps: Step[];
}

/** What no Ingress takes goes to the default backend that the flags of ingress-nginx name. */
function toDefaultBackend(
  backend: RouteBackend,
  { target }: RouteRequest,
  steps: readonly Step[],
): RoutedRequest {
  const source = { kind: 'Service', ...backend, name: backend.service, field: 'spec' };
  const route: Route = { pathType: 'Prefix', path: '/', backend, source };
  return { kind: 'forward', route, policy: NGINX_POLICY, backend, isCanary: false, target, steps };
}

/** Answers that need no location: of other hosts, of paths that nobody has. */
function answerMatch(match: Match, request: RouteRequest): Omit<Answered, 'steps'> | undefined {
  switch (match.kind) {
    case 'none':
      return unmatched(request);
    case 'malformed':
      return { kind: 'answer', answer: refuse(400, NGINX_POLICY), policy: NGINX_POLICY };
    case 'redirect':
      return {
        kind: 'answer',
        answer: hostRedirectAnswer(match.redirect, request),
        policy: NGINX_POLICY,
      };
    case 'slash': {
      const { route } = match;
      return { kind: 'answer', answer: slashAnswer(request), route, policy: route.policy ?? {} };
    }
    case 'nginx':
      return answerHost(match, request);
    case 'specification':
      return undefined;
    default:
      return match satisfies never;
  }
}

/** As the default server of ingress-nginx: 404, and 200 for who looks whether it lives. */
function unmatched({ host, target }: RouteRequest): Omit<Answered, 'steps'> {
  const { path } = splitTarget(target);
  if (path === '/healthz')
    return { kind: 'answer', answer: { status: 200, headers: [], body: '' }, policy: {} };
  const why = `no Ingress takes ${normaliseHost(host)}${path}`;
  return { kind: 'answer', answer: refuse(404, NO_POLICY, why), policy: NO_POLICY };
}

/** What a server of ingress-nginx answers before it looks for a location. */
function answerHost(
  { host, route, path }: Extract<Match, { readonly kind: 'nginx' }>,
  request: RouteRequest,
): Omit<Answered, 'steps'> | undefined {
  const policy = route.policy ?? NGINX_POLICY;
  if (isBlocked(policy, request))
    return { kind: 'answer', answer: refuse(403, policy), route, policy };
  if (host.isClosed) return { kind: 'answer', answer: refuse(403, policy), route, policy };
  if (host.appRoot !== undefined && path === '/') {
    const location = `${request.scheme}://${request.host}${host.appRoot}`;
    const answer = { ...refuse(302, policy), headers: [['Location', location] as const] };
    return { kind: 'answer', answer, route, policy };
  }
  return undefined;
}

function isBlocked({ blocked }: RoutePolicy, request: RouteRequest): boolean {
  if (blocked === undefined) return false;
  const { fields } = request;
  const agent = fieldValue(fields, 'user-agent') ?? '';
  const referer = fieldValue(fields, 'referer') ?? '';
  return (
    blocked.userAgents.some((pattern) => pattern.test(agent)) ||
    blocked.referers.some((pattern) => pattern.test(referer))
  );
}

/** nginx's rewrite phase: refused locations, preflight, redirects. */
function answerRewrite(routing: Routing): RoutedRequest | undefined {
  const { request, route, policy } = routing;
  if (route.denied !== undefined)
    return answerWith(routing, refuse(503, policy, route.denied), { what: route.denied });
  if (policy.cors !== undefined) {
    const origin = fieldValue(request.fields, 'origin');
    const preflight = preflightAnswer(policy.cors, request.method, origin);
    if (preflight !== undefined)
      return answerWith(routing, preflight, {
        what: 'enable-cors answers OPTIONS',
        annotation: 'enable-cors',
      });
  }
  const redirect = redirectOf(policy, request);
  return redirect === undefined
    ? undefined
    : answerWith(routing, redirect.answer, {
        what: redirect.because,
        annotation: redirect.because,
      });
}

/** nginx's access phase, as far as addresses decide it. */
function answerAccess(routing: Routing): RoutedRequest | undefined {
  const { request, policy } = routing;
  const { denySources, allowSources } = policy;
  const isDenied = denySources !== undefined && isInSources(denySources, request.clientAddress);
  const isAllowed =
    !isDenied && (allowSources === undefined || isInSources(allowSources, request.clientAddress));
  const hasAuth = policy.basicAuth !== undefined || policy.externalAuth !== undefined;
  if (policy.satisfy === 'any' && hasAuth) {
    // Without any list the addresses neither allow nor deny: the user decides.
    const isByAddress = allowSources !== undefined || denySources !== undefined;
    if (!isByAddress || !isAllowed) return undefined;
    const { basicAuth: _basic, externalAuth: _external, ...rest } = policy;
    routing.policy = rest;
    note(routing, 'pass', { what: 'satisfy any: the address suffices', annotation: 'satisfy' });
    return undefined;
  }
  if (isAllowed) return undefined;
  const list = isDenied ? 'denylist-source-range' : 'allowlist-source-range';
  return answerWith(routing, refuse(403, policy), {
    what: `${list}: ${request.clientAddress}`,
    annotation: list,
  });
}

function forward(routing: Routing): RoutedRequest {
  const { route, steps } = routing;
  const { backend, fallback } = route;
  if (backend === undefined) {
    const why = `no Ingress takes ${normaliseHost(routing.request.host)}${routing.path}`;
    const status = route.policy?.isNginx === true ? 404 : 503;
    const because = status === 404 ? why : 'the backend of this route is no Service';
    return answerWith(routing, refuse(status, routing.policy, because), { what: because });
  }
  const rewritten = rewrite(routing);
  if (typeof rewritten !== 'string') return rewritten;
  const alternative = route.alternative && chosenAlternative(routing, backend, route.alternative);
  return {
    kind: 'forward',
    route,
    policy: policyFor(routing, alternative),
    backend: alternative?.backend ?? backend,
    isCanary: alternative !== undefined,
    target: rewritten,
    fallback,
    steps,
  };
}

/** The alternative's own, but for what the phases before have changed. */
function policyFor({ policy, route }: Routing, alternative: Alternative | undefined): RoutePolicy {
  const own = alternative?.policy;
  if (own === undefined || own === route.policy) return policy;
  if (policy === route.policy) return own;
  const { affinity: _affinity, ...rest } = policy;
  return own.affinity === undefined ? rest : { ...rest, affinity: own.affinity };
}

function chosenAlternative(
  routing: Routing,
  backend: RouteBackend,
  alternative: Alternative,
): Alternative | undefined {
  const { hasEndpoints } = routing.facts;
  if (!hasEndpoints(backend) || !hasEndpoints(alternative.backend)) return undefined;
  const { isCanary, because } =
    chooseBySession(routing, alternative, backend) ?? chooseByRules(routing, alternative);
  const { namespace, name } = alternative.source;
  const what = `canary ${namespace}/${name} ${isCanary ? '' : 'not '}chosen: ${because}`;
  note(routing, isCanary ? 'pass' : 'skip', { what });
  return isCanary ? alternative : undefined;
}

/** A client that has a session with one of the two keeps it. */
function chooseBySession(
  { request, policy }: Routing,
  alternative: Alternative,
  backend: RouteBackend,
): CanaryChoice | undefined {
  const own = policy.affinity;
  if (own !== undefined && isSessionOf(own, request, backend))
    return { isCanary: false, because: `cookie ${own.name}: a session of the main backend` };
  const other = alternative.policy?.affinity;
  return other !== undefined && isSessionOf(other, request, alternative.backend)
    ? { isCanary: true, because: `cookie ${other.name}: a session of the canary` }
    : undefined;
}

function chooseByRules({ facts, request }: Routing, { rules }: Alternative): CanaryChoice {
  return chooseCanary(rules, {
    header: (name) => fieldValue(request.fields, name),
    cookie: (name) => cookieOf(request, name),
    random: facts.random,
  });
}

/** The target for the backend: as sent, unless a rule rewrites the path; or a redirect, where it writes a URL. */
function rewrite(routing: Routing): string | Answered {
  const { request, policy, path } = routing;
  const rewritten = policy.rewrite && rewritePath(policy.rewrite, request, path);
  if (rewritten === undefined) return request.target;
  const { text, isRedirect } = rewritten;
  const what = `rewrite-target: ${request.target} becomes ${text}`;
  if (!isRedirect) {
    note(routing, 'pass', { what, annotation: 'rewrite-target' });
    return text;
  }
  const page = refuse(302, policy);
  const answer = { ...page, headers: [...page.headers, ['Location', text] as const] };
  return answerWith(routing, answer, { what, annotation: 'rewrite-target' });
}

function answerWith(routing: Routing, given: Answered['answer'], because: Reason): Answered {
  const { route, policy, steps } = routing;
  const what = `answered ${given.status}: ${because.what}`;
  note(routing, given.status < 400 ? 'pass' : 'fail', { ...because, what });
  return { kind: 'answer', answer: given, route, policy, steps };
}

/** What decided: in words, and the annotation that says so. */
interface Reason {
  readonly what: string;
  /** Without its prefix. @default the path of the route */
  readonly annotation?: string;
}

function note(
  { facts, route, steps }: Routing,
  outcome: Step['outcome'],
  { what, annotation }: Reason,
): void {
  if (facts.isExplained !== true) return;
  const source =
    annotation === undefined
      ? route.source
      : { ...route.source, field: `metadata.annotations[${PREFIX}${annotation}]` };
  steps.push({ part: 'route', outcome, what, object: describeSource(source) });
}

const PREFIX = 'nginx.ingress.kubernetes.io/';
