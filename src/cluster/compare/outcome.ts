import {
  checkUser,
  downstreamFields,
  upstreamFields,
  type ForwardedRequest,
  type RouteAnswer,
  type RoutedRequest,
  type RouteRequest,
} from '../../ingress/index.ts';
import type { Cluster } from '../create-cluster.ts';
import type { ComparedRequest } from './read-requests.ts';

/** What becomes of a request, as far as it can be told without a Pod. */
export interface ComparedOutcome {
  /** The Service and its port; absent where the ingress answers itself. */
  readonly backend?: string;
  /** The Service that takes a share by chance, and its share: `default/next:80, weight 20 of 100`. */
  readonly canary?: string;
  /** The sources that may ask, where the route says so. */
  readonly allow?: readonly string[];
  /** The sources that may not. */
  readonly deny?: readonly string[];
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

const REQUEST_ID = '0'.repeat(32);
const PORTS = { http: 80, https: 443 } as const;

/** Routes a request in a cluster. @param client The address that it comes from. */
export function outcomeOf(
  { routing }: Cluster,
  compared: ComparedRequest,
  client: string,
): ComparedOutcome {
  const request = requestOf(compared, client);
  const routed = routing.explain(request, () => HIGHEST);
  const common = commonOf(routed, request);
  if (routed.kind === 'answer') return answered(routed.answer, common);
  const challenge = challengeOf(routed, request);
  if (challenge !== undefined) return answered(challenge, common);
  const isServed = (routing.endpointsOf(routed.backend) ?? []).length > 0;
  const lucky = routing.explain(request, () => 0);
  const canary = canaryOf(routed, lucky);
  return {
    backend: backendText(routed.backend),
    ...(canary === undefined ? {} : { canary }),
    status: isServed || routed.fallback !== undefined ? 200 : 503,
    target: routed.target,
    requestHeaders: requestHeadersOf(routed, request),
    ...common,
  };
}

/** A throw of the dice that no share below the whole takes. */
const HIGHEST = 1 - Number.EPSILON;

type Common = Pick<ComparedOutcome, 'allow' | 'deny' | 'responseHeaders' | 'policy' | 'source'>;

/** What is said of answers and of backends alike. */
function commonOf(routed: RoutedRequest, request: RouteRequest): Common {
  const { route } = routed;
  const { allowSources, denySources } = routed.policy;
  return {
    responseHeaders: responseHeadersOf(routed, request),
    policy: policyOf(routed),
    ...(allowSources === undefined ? {} : { allow: allowSources.toSorted() }),
    ...(denySources === undefined ? {} : { deny: denySources.toSorted() }),
    ...(route === undefined
      ? {}
      : { source: `${route.source.namespace}/${route.source.name} ${route.source.field}` }),
  };
}

/** The ingress answers itself. */
function answered({ status, headers }: RouteAnswer, common: Common): ComparedOutcome {
  const location = headers.find(([name]) => name === 'Location')?.[1];
  return {
    status,
    ...(location === undefined ? {} : { location }),
    requestHeaders: {},
    ...common,
  };
}

function challengeOf({ policy }: RoutedRequest, { fields }: RouteRequest): RouteAnswer | undefined {
  const checked = checkUser(policy, valueOf(fields, 'authorization'));
  return checked?.kind === 'challenge' ? checked.answer : undefined;
}

/** What the dice change. */
function canaryOf(unlucky: ForwardedRequest, lucky: RoutedRequest): string | undefined {
  const alternative = lucky.route?.alternative;
  if (lucky.kind !== 'forward' || unlucky.isCanary || !lucky.isCanary || alternative === undefined)
    return undefined;
  const { weight, weightTotal } = alternative.rules;
  return `${backendText(lucky.backend)}, weight ${weight} of ${weightTotal}`;
}

function backendText({ namespace, service, port }: ForwardedRequest['backend']): string {
  return `${namespace}/${service}:${port}`;
}

function requestOf({ method, url, headers }: ComparedRequest, clientAddress: string): RouteRequest {
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const others = headers.filter(([name]) => name.toLowerCase() !== 'host');
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? url.host;
  return {
    method,
    scheme,
    host,
    target: `${url.pathname}${url.search}`,
    fields: ['Host', host, ...others.flat()],
    clientAddress,
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
  const origin = valueOf(request.fields, 'origin');
  const facts = { policy, scheme: request.scheme, ...(origin === undefined ? {} : { origin }) };
  return recordOf(downstreamFields([], facts));
}

function valueOf(fields: RouteRequest['fields'], wanted: string): string | undefined {
  const index = fields.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === wanted);
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
