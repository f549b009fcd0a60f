import { errorFields } from './error-fields.ts';
import type { RequestHead } from './http1/index.ts';
import type { ExchangeOptions } from './exchange.ts';
import type { RouteAnswer, RoutePolicy } from './route-policy.ts';
import type { Route } from './route-table.ts';
import type { IngressServices } from './services.ts';

export interface ErrorPageQuestion extends Pick<ExchangeOptions, 'head' | 'facts' | 'request'> {
  readonly status: number;
  /** That took the request. */
  readonly route: Route;
  readonly policy: RoutePolicy;
  /** What the answer that is replaced says besides: a challenge goes along with the page. @default nothing */
  readonly headers?: RouteAnswer['headers'];
}

/** Whether a page of another backend stands in for an answer. A route that is refused as a whole has none. */
export function isReplaced(status: number, { customErrors }: RoutePolicy, route?: Route): boolean {
  return (
    customErrors !== undefined &&
    route?.denied === undefined &&
    customErrors.statuses.includes(status)
  );
}

/** What is asked for the page of an error; undefined where nobody is there to ask: then it is a 404. @see ingress-nginx, custom errors */
export function errorPageOf(
  question: ErrorPageQuestion,
  services: Pick<IngressServices, 'endpointsOf'>,
): ExchangeOptions | undefined {
  const { status, head, facts, request, route } = question;
  const { backends = [] } = question.policy.customErrors ?? {};
  const backend = backends.find((candidate) => services.endpointsOf(candidate).length > 0);
  if (backend === undefined) return undefined;
  const endpoints = services.endpointsOf(backend);
  const isDone = head.framing.kind === 'none';
  const asked: RequestHead = {
    ...head,
    method: 'GET',
    fields: withoutFraming(head.fields),
    framing: { kind: 'none' },
    // The rest of the body would be read for another request.
    isPersistent: head.isPersistent && isDone,
  };
  const policy = pagePolicy(question);
  const routed = {
    kind: 'forward',
    route,
    policy,
    backend,
    isCanary: false,
    target: '/',
    steps: [],
  } as const;
  return {
    head: asked,
    request: { ...request, fields: request.fields, method: 'GET' },
    destination: { kind: 'endpoints', endpoints, backend, routed },
    facts: { ...facts, policy, target: '/', edits: errorFields(status, route, request) },
  };
}

/** Nobody is asked for leave once more, and nothing is replaced again. */
function pagePolicy({ policy, headers = [] }: ErrorPageQuestion): RoutePolicy {
  const {
    customErrors: _customErrors,
    affinity: _affinity,
    basicAuth: _basicAuth,
    externalAuth: _externalAuth,
    rateLimit: _rateLimit,
    clientTls: _clientTls,
    mirror: _mirror,
    ...rest
  } = policy;
  const challenge = headers.filter(([name]) => name === 'WWW-Authenticate');
  if (challenge.length === 0) return rest;
  const set = [...(rest.responseHeaders?.set ?? []), ...challenge];
  return { ...rest, responseHeaders: { ...rest.responseHeaders, set } };
}

const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'expect']);

function withoutFraming(fields: readonly string[]): string[] {
  return fields.filter((_, index) => {
    const name = fields[index - (index % 2)] ?? '';
    return !FRAMING.has(name.toLowerCase());
  });
}
