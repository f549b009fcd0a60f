import type { Endpoint, Flow } from '../net/index.ts';
import type { Step } from '../observe/index.ts';
import {
  findFrontend,
  selectEndpoint,
  type AffinityTable,
  type Frontend,
  type ProxyNode,
  type ScheduleState,
  type ServiceEndpoint,
  type Selection,
} from '../proxy/index.ts';
import type { RuleReference } from '../policy/index.ts';
import type { PolicyVerdict } from './policy.ts';
import { routeTo, type Route } from './route.ts';
import type { DatapathView } from './view.ts';

export interface DecideOptions {
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly affinity?: AffinityTable | undefined;
  readonly schedule?: ScheduleState | undefined;
  /** Collect the steps. @default false */
  readonly explain?: boolean | undefined;
}

/** How a Service served a connection. */
export interface ServicePick {
  readonly frontend: Frontend;
  /** Whose proxy it was. */
  readonly node: string;
  readonly selection: Extract<Selection, { kind: 'selected' }>;
}

export type RejectReason =
  | 'no-endpoints'
  | 'no-local-endpoints'
  | 'source-not-in-ranges'
  | 'no-such-port'
  | 'no-such-service'
  | 'no-such-pod'
  | 'no-such-address'
  | 'not-listening'
  | 'denied';

export type Decision =
  | {
      readonly kind: 'deliver';
      /** Who takes it: a Pod of the cluster, the host itself, or the world outside. */
      readonly target: 'pod' | 'host' | 'outside';
      /** Translated: the destination is the endpoint, the source is what it sees. */
      readonly flow: Flow;
      /** undefined when no Service was involved. */
      readonly service: ServicePick | undefined;
      readonly steps: readonly Step[];
    }
  | {
      readonly kind: 'reject';
      readonly reason: RejectReason;
      /** Silence instead of a refusal. */
      readonly isSilent: boolean;
      /** Why, for people. */
      readonly message: string;
      /** The rule that denied it; absent where it was denied for want of a rule that allows it. */
      readonly rule?: RuleReference | undefined;
      readonly steps: readonly Step[];
    };

/**
 * What becomes of a connection: the Service's endpoint, the egress policy of the source, the ingress policy of the
 * endpoint, and who has the address in the end.
 *
 * Policies speak of Pods, not of Services: both are asked about the connection as the endpoint sees it.
 */
export function decide(flow: Flow, view: DatapathView, options: DecideOptions): Decision {
  const explain = options.explain === true;
  const translation = translate(flow, view, options);
  if (translation.kind === 'reject') return translation;
  const { flow: translated, service, steps } = translation;
  const route = routeTo(translated.destination, flow, view);
  const routed = explain ? [...steps, routeStep(route)] : steps;
  const isNowhere = route.kind === 'none';
  const final = isNowhere ? translated : { ...translated, destination: route.destination };
  const isThroughService = service !== undefined;
  // Of the host they know the address that it has in the cluster.
  const seen = route.kind === 'host' ? translated : final;
  const policy = askPolicies({ flow, final: seen, isThroughService, isNowhere, view, explain });
  const all = explain ? [...routed, ...policy.steps] : steps;
  if (!policy.isAllowed) {
    const why = { isSilent: view.deny === 'drop', message: policy.message, rule: policy.rule };
    return rejection({ reason: 'denied', ...why }, all);
  }
  // What policies drop never learns that nobody is there.
  if (route.kind === 'none') return unreachable(route, all);
  return { kind: 'deliver', target: route.kind, flow: final, service, steps: all };
}

type Rejection = Extract<Decision, { kind: 'reject' }>;

interface Translation {
  readonly kind: 'translated';
  readonly flow: Flow;
  readonly service: ServicePick | undefined;
  readonly steps: readonly Step[];
}

const NO_STEPS: readonly Step[] = [];

/** What the service proxy of the flow's Node does to the packet. */
function translate(
  flow: Flow,
  view: DatapathView,
  options: DecideOptions,
): Translation | Rejection {
  const match = findFrontend(flow.protocol, flow.destination, {
    services: view.services,
    nodes: view.nodes,
    config: view.proxy,
    serviceCIDRs: view.plan.serviceCIDRs,
  });
  switch (match.kind) {
    case 'pass':
      return { kind: 'translated', flow, service: undefined, steps: NO_STEPS };
    case 'reject':
    case 'drop':
      return unknownService(flow, match.reason, { view, explain: options.explain === true });
    case 'frontend':
      return serve(match.frontend, flow, { view, options });
    default:
      return match satisfies never;
  }
}

function unknownService(
  { destination, protocol }: Flow,
  reason: 'no-such-port' | 'no-such-service',
  { view, explain }: { readonly view: DatapathView; readonly explain: boolean },
): Rejection {
  const { address, port } = destination;
  const isPort = reason === 'no-such-port';
  const message = isPort
    ? `the Service at ${address} has no port ${port}/${protocol}${otherProtocols(destination, view)}`
    : `no Service has the cluster IP ${address}`;
  const step = { part: 'service', outcome: 'fail', what: message } as const;
  return rejection({ reason, isSilent: !isPort, message }, explain ? [step] : NO_STEPS);
}

/** Who asks with the wrong protocol mostly means the one that is there. */
function otherProtocols({ address, port }: Endpoint, { services }: DatapathView): string {
  const others = (['TCP', 'UDP', 'SCTP'] as const).filter(
    (protocol) => services.find(protocol, address, port) !== undefined,
  );
  return others.map((protocol) => `; it has ${port}/${protocol}`).join('');
}

function serve(
  frontend: Frontend,
  flow: Flow,
  { view, options }: { readonly view: DatapathView; readonly options: DecideOptions },
): Translation | Rejection {
  const node = view.nodes.get(flow.node) ?? view.nodes.list()[0] ?? NO_NODE;
  const selection = selectEndpoint(frontend, flow, {
    random: options.random,
    now: options.now,
    affinity: options.affinity,
    schedule: options.schedule,
    weightOf: (endpoint) => weightOf(endpoint, view),
    explain: options.explain,
    node,
    isPodAddress: (address) => view.podByAddress(address) !== undefined,
    config: view.proxy,
  });
  if (selection.kind !== 'selected') {
    const { reason, steps } = selection;
    const message = `service ${frontend.port.namespace}/${frontend.port.service}: ${MESSAGES[reason]}`;
    return rejection({ reason, isSilent: selection.kind === 'drop', message }, steps);
  }
  const { endpoint, masquerade: mode, steps } = selection;
  const destination: Endpoint = { address: endpoint.address, port: endpoint.port };
  const source = mode === 'none' ? flow.source : masquerade(flow, destination, node);
  const translated = { ...flow, source, destination };
  return {
    kind: 'translated',
    flow: translated,
    service: { frontend, node: node.name, selection },
    steps,
  };
}

/** As the Pod behind it says. */
function weightOf({ pod }: ServiceEndpoint, { pods }: DatapathView): number {
  return pod === undefined ? 1 : (pods.get(pod.namespace, pod.name)?.weight ?? 1);
}

const MESSAGES = {
  'no-endpoints': 'no endpoint is ready',
  'no-local-endpoints': 'no endpoint on this Node, and the traffic policy is Local',
  'source-not-in-ranges': 'the source is not in loadBalancerSourceRanges',
} as const;

/** A cluster without Nodes still serves its Services. */
const NO_NODE: ProxyNode = { name: '', addresses: [], zone: '', podCIDRs: [] };

/** The endpoint sees the Node instead of the client. */
function masquerade({ source }: Flow, { address }: Endpoint, { addresses }: ProxyNode): Endpoint {
  const isIPv6 = address.includes(':');
  const own = addresses.find((candidate) => candidate.includes(':') === isIPv6) ?? addresses[0];
  return own === undefined ? source : { ...source, address: own };
}

function unreachable(route: Extract<Route, { kind: 'none' }>, steps: readonly Step[]): Rejection {
  const { reason, what } = route;
  return rejection({ reason, isSilent: false, message: what }, steps);
}

function routeStep(route: Route): Step {
  const outcome = route.kind === 'none' ? 'fail' : 'pass';
  return { part: 'connect', outcome, what: route.what };
}

interface PolicyFacts {
  readonly flow: Flow;
  readonly final: Flow;
  readonly isThroughService: boolean;
  /** Nobody has the address, so that nobody is asked on the other side. */
  readonly isNowhere: boolean;
  readonly view: DatapathView;
  readonly explain: boolean;
}

interface PolicyAnswer {
  readonly isAllowed: boolean;
  readonly message: string;
  readonly rule: RuleReference | undefined;
  readonly steps: readonly Step[];
}

function askPolicies({
  flow,
  final,
  isThroughService,
  isNowhere,
  view,
  explain,
}: PolicyFacts): PolicyAnswer {
  const question = { flow, translated: final, isThroughService, explain } as const;
  const egress = view.policy({ ...question, direction: 'egress' });
  if (!egress.isAllowed || isNowhere)
    return denial(egress, 'a policy denies egress from the source');
  const ingress = view.policy({ ...question, direction: 'ingress' });
  const steps = explain ? [...egress.steps, ...ingress.steps] : NO_STEPS;
  return denial({ ...ingress, steps }, 'a policy denies ingress to the endpoint');
}

function denial({ isAllowed, rule, steps }: PolicyVerdict, message: string): PolicyAnswer {
  return { isAllowed, message, rule, steps };
}

function rejection(
  why: Pick<Rejection, 'reason' | 'isSilent' | 'message' | 'rule'>,
  steps: readonly Step[],
): Rejection {
  return { kind: 'reject', ...why, steps };
}
