import {
  downstreamFields,
  upstreamFields,
  type RoutedRequest,
  type RouteRequest,
} from '../../ingress/index.ts';
import type { Cluster } from '../create-cluster.ts';
import type { ComparedRequest } from './read-requests.ts';

/** What becomes of a request, as far as it can be told without a Pod. */
export interface ComparedOutcome {
  /** The Service and its port; absent where the ingress answers itself. */
  readonly backend?: string;
  /** Of the ingress' own answer; 200 stands for what the backend says. */
  readonly status: number;
  readonly location?: string;
  /** Path and query that the backend gets. */
  readonly target?: string;
  /** Fields of the request that the backend gets, by lower-case name. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Fields that the ingress adds to the response. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** What the route asks for that only the running data path shows: auth, limits, time-outs. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** The rule that took it. */
  readonly source?: string;
}

const CLIENT = '192.0.2.10';
const REQUEST_ID = '0'.repeat(32);
const PORTS = { http: 80, https: 443 } as const;

/** Routes a request in a cluster. */
export function outcomeOf({ routing }: Cluster, compared: ComparedRequest): ComparedOutcome {
  const request = requestOf(compared);
  const routed = routing.explain(request);
  const responseHeaders = responseHeadersOf(routed, request);
  const policy = policyOf(routed);
  const { route } = routed;
  const source =
    route === undefined
      ? {}
      : { source: `${route.source.namespace}/${route.source.name} ${route.source.field}` };
  if (routed.kind === 'answer') {
    const { status, headers } = routed.answer;
    const location = headers.find(([name]) => name === 'Location')?.[1];
    return {
      status,
      ...(location === undefined ? {} : { location }),
      requestHeaders: {},
      responseHeaders,
      policy,
      ...source,
    };
  }
  const { namespace, service, port } = routed.backend;
  const isServed = (routing.endpointsOf(routed.backend) ?? []).length > 0;
  return {
    backend: `${namespace}/${service}:${port}`,
    status: isServed || routed.fallback !== undefined ? 200 : 503,
    target: routed.target,
    requestHeaders: requestHeadersOf(routed, request),
    responseHeaders,
    policy,
    ...source,
  };
}

function requestOf({ method, url, headers }: ComparedRequest): RouteRequest {
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const others = headers.filter(([name]) => name.toLowerCase() !== 'host');
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? url.host;
  return {
    method,
    scheme,
    host,
    target: `${url.pathname}${url.search}`,
    fields: ['Host', host, ...others.flat()],
    clientAddress: CLIENT,
    port: PORTS[scheme],
  };
}

function requestHeadersOf(
  routed: Extract<RoutedRequest, { readonly kind: 'forward' }>,
  request: RouteRequest,
): Readonly<Record<string, string>> {
  const { policy, target } = routed;
  const { clientAddress, scheme, port } = request;
  const facts = { clientAddress, scheme, port, requestId: REQUEST_ID, policy, target };
  return recordOf(upstreamFields(request, facts));
}

function responseHeadersOf(
  { policy }: RoutedRequest,
  request: RouteRequest,
): Readonly<Record<string, string>> {
  const origin = originOf(request);
  const facts = { policy, scheme: request.scheme, ...(origin === undefined ? {} : { origin }) };
  return recordOf(downstreamFields([], facts));
}

function originOf({ fields }: RouteRequest): string | undefined {
  const index = fields.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === 'origin');
  return index < 0 ? undefined : fields[index + 1];
}

/** What of a policy is data and is not seen in the rest of the outcome. */
const SHOWN = [
  'timeouts',
  'retry',
  'bodyLimitBytes',
  'rateLimit',
  'balance',
  'affinity',
  'externalAuth',
  'mirror',
  'upstreamProtocol',
  'customErrors',
  'clientTls',
] as const;

function policyOf({ policy }: RoutedRequest): Readonly<Record<string, unknown>> {
  const shown = SHOWN.flatMap((name) => {
    const value = policy[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  // Whose passwords they are says enough.
  const { basicAuth } = policy;
  return Object.fromEntries<unknown>(
    basicAuth === undefined ? shown : [...shown, ['basicAuth', [...basicAuth.users.keys()]]],
  );
}

function recordOf(fields: readonly string[]): Readonly<Record<string, string>> {
  const record: Record<string, string> = {};
  for (let index = 0; index < fields.length; index += 2)
    record[(fields[index] ?? '').toLowerCase()] = fields[index + 1] ?? '';
  return record;
}
