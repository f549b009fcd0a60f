import type { ExplainRequest, ExplainResult } from '../control/index.ts';
import type { Decision } from '../datapath/index.ts';
import { matchRoute, type RouteBackend } from '../ingress/index.ts';
import { clusterAddressOf, ConnectError, parseIp, type Flow } from '../net/index.ts';
import type { Step } from '../observe/index.ts';
import { askPod } from './ask-pod.ts';
import { flowOf, nodeCaller, podCaller, type Caller } from './caller.ts';
import type { Cluster } from './create-cluster.ts';
import { DEFAULT_PORT, parseExplainTarget, type ExplainTarget } from './explain-target.ts';

/** A Pod that says nothing for so long is given up. */
const ANSWER_TIMEOUT_MS = 5000;

/**
 * Walks one request through names, routes, Service, endpoints and policy to the Pod, and asks it.
 *
 * @throws PodlaneError `ERR_NO_SUCH_POD`, `ERR_OPTION`.
 */
export async function explain(cluster: Cluster, request: ExplainRequest): Promise<ExplainResult> {
  const target = parseExplainTarget(request.to);
  const { from, namespace } = request;
  const route = from === undefined ? matchOutside(cluster, target) : undefined;
  if (route !== undefined) return explainRoute(cluster, target, route);
  const caller =
    from === undefined ? outsideCaller(cluster, target) : podCaller(cluster.store, from, namespace);
  const resolved = await resolveTarget(cluster, caller, target);
  const about = { from: caller.text, to: target.text };
  const { address } = resolved;
  if (address === undefined) {
    return {
      ...about,
      steps: resolved.steps,
      verdict: 'unresolved',
      summary: `${target.host} has no address for ${caller.text}: clients see an unknown host`,
    };
  }
  const flow = flowOf(caller, { address, port: target.port }, { random: () => 0.5 });
  return finish(cluster, { about, flow, target, steps: resolved.steps });
}

interface Matched {
  readonly steps: readonly Step[];
  readonly backend: RouteBackend | undefined;
  readonly isRouted: boolean;
}

/** The route of a URL that names a host of some Ingress; undefined when none does. */
function matchOutside(
  { routing, ingress }: Cluster,
  { scheme, host, port, path }: ExplainTarget,
): Matched | undefined {
  if (scheme === 'tcp' || parseIp(host) !== undefined) return undefined;
  const doors = [...(ingress?.http ?? []), ...(ingress?.https ?? [])];
  const known = doors.flatMap((door) => [door.port, door.requestedPort]);
  if (![DEFAULT_PORT[scheme], ...known].includes(port)) return undefined;
  const { table } = routing.index;
  const [pathOnly = '/'] = path.split('?');
  const match = matchRoute(table, { host, path: pathOnly }, true);
  const isKnown =
    table.hosts.has(host.toLowerCase()) ||
    table.wildcards.has(host.toLowerCase().replace(/^[^.]+/, ''));
  if (!isKnown) return undefined;
  return {
    steps: match.steps,
    backend: match.kind === 'route' ? match.route.backend : undefined,
    isRouted: match.kind === 'route',
  };
}

async function explainRoute(
  cluster: Cluster,
  target: ExplainTarget,
  { steps, backend, isRouted }: Matched,
): Promise<ExplainResult> {
  const about = { from: 'outside', to: target.text };
  if (!isRouted)
    return {
      ...about,
      steps,
      verdict: 'refused',
      summary: 'no path of the host takes it: the client gets 404',
    };
  const endpoints = backend === undefined ? [] : cluster.routing.endpointsOf(backend);
  const [first] = endpoints ?? [];
  if (backend === undefined || first === undefined) {
    const what =
      backend === undefined
        ? 'the backend is no Service'
        : missing(backend, endpoints === undefined);
    return {
      ...about,
      steps: [...steps, { part: 'service', outcome: 'fail', what }],
      verdict: 'refused',
      summary: `${what}: the client gets 503`,
    };
  }
  const ready = (endpoints ?? []).map(({ address, port }) => `${address}:${port}`).join(', ');
  const service: Step = {
    part: 'service',
    outcome: 'pass',
    what: `${backend.namespace}/${backend.service}:${backend.port} → ${ready}`,
    because: 'the ingress takes ready endpoints in turn',
  };
  const flow = flowOf(
    nodeCaller(cluster.view),
    { address: first.address, port: first.port },
    { random: () => 0.5 },
  );
  // TLS ends at the ingress; the Pod is spoken to in the clear.
  const plain: ExplainTarget = { ...target, scheme: 'http' };
  return finish(cluster, { about, flow, target: plain, steps: [...steps, service] });
}

function missing({ namespace, service, port }: RouteBackend, isUnknown: boolean): string {
  const name = `service ${namespace}/${service}`;
  return isUnknown
    ? `${name} is not there, or has no port ${port}`
    : `${name} port ${port} has no ready endpoint`;
}

/** Without a Pod to act as: the host itself, which enters at the first Node. */
function outsideCaller({ view }: Cluster, { host }: ExplainTarget): Caller {
  const node = nodeCaller(view);
  const isAlias = host.startsWith('127.');
  return isAlias
    ? { ...node, origin: { kind: 'outside' }, addresses: [view.plan.hostAddress], text: 'outside' }
    : node;
}

interface Resolved {
  readonly address: string | undefined;
  readonly steps: readonly Step[];
}

async function resolveTarget(
  { names, view }: Cluster,
  caller: Caller,
  { host }: ExplainTarget,
): Promise<Resolved> {
  if (host === '127.0.0.1' || host === '::1' || host === 'localhost') {
    const address = nodeCaller(view).addresses[0];
    return {
      address,
      steps: [
        { part: 'address', outcome: 'pass', what: `${host} stands for the first Node, ${address}` },
      ],
    };
  }
  const alias = clusterAddressOf(host, view.plan);
  if (alias !== undefined && alias !== host) {
    return {
      address: alias,
      steps: [{ part: 'address', outcome: 'pass', what: `${host} is the alias of ${alias}` }],
    };
  }
  if (parseIp(host) !== undefined) return { address: host, steps: [] };
  const { addresses, steps } = await names.resolveAs(host, caller.origin);
  return { address: addresses[0], steps: withoutRepeats(steps) };
}

/** A and AAAA are asked side by side and mostly for the same reason end alike. */
function withoutRepeats(steps: readonly Step[]): readonly Step[] {
  const textOf = ({ part, what, object = '' }: Step): string => `${part} ${what} ${object}`;
  return steps.filter(
    (step, index) => index === 0 || textOf(step) !== textOf(steps[index - 1] ?? step),
  );
}

interface Finish {
  readonly about: Pick<ExplainResult, 'from' | 'to'>;
  readonly flow: Flow;
  readonly target: ExplainTarget;
  readonly steps: readonly Step[];
}

async function finish(
  cluster: Cluster,
  { about, flow, target, steps: before }: Finish,
): Promise<ExplainResult> {
  const decision = cluster.datapath.decide(flow, { explain: true });
  const steps = [...before, ...decision.steps];
  if (decision.kind === 'reject') return { ...about, steps, ...rejected(decision) };
  const { address, port } = decision.flow.destination;
  if (decision.target === 'outside') {
    return {
      ...about,
      steps,
      verdict: 'delivered',
      summary: `delivered to ${address}:${port}, outside of the cluster`,
    };
  }
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  try {
    // The host goes by its cluster address in questions, by its own in answers.
    const destination =
      decision.target === 'host'
        ? { address: cluster.plan.hostAddress, port }
        : decision.flow.destination;
    const connection = await cluster.datapath.connect({ ...flow, destination }, { signal });
    const { what, body } = await askPod(connection, target, signal);
    const answer: Step = {
      part: 'pod',
      outcome: 'pass',
      what: body === '' ? what : `${what}: ${body}`,
    };
    return {
      ...about,
      steps: [...steps, answer],
      verdict: 'answered',
      summary: `answered by ${podText(cluster, address)}: ${what}`,
    };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const isRefused = error instanceof ConnectError && error.code === 'ERR_REFUSED';
    const failed: Step = { part: 'pod', outcome: 'fail', what };
    return {
      ...about,
      steps: [...steps, failed],
      verdict: isRefused ? 'refused' : 'unreachable',
      summary: `${podText(cluster, address)} does not answer on port ${port}: ${what}`,
    };
  }
}

function rejected({
  isSilent,
  message,
  reason,
}: Extract<Decision, { kind: 'reject' }>): Pick<ExplainResult, 'verdict' | 'summary'> {
  if (isSilent)
    return { verdict: 'dropped', summary: `${message}: the client waits until it times out` };
  const isUnreachable = reason === 'no-such-address' || reason === 'no-such-pod';
  return isUnreachable
    ? { verdict: 'unreachable', summary: `${message}: nothing has that address` }
    : { verdict: 'refused', summary: `${message}: the client's connection is refused` };
}

function podText({ view }: Cluster, address: string): string {
  const [pod] = view.pods.byAddress(address);
  if (pod !== undefined) return `pod ${pod.namespace}/${pod.name}`;
  return address.startsWith('127.') ? `the host (${address})` : address;
}
