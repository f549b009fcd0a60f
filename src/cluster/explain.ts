import type { ExplainRequest, ExplainResult } from '../control/index.ts';
import type { Decision } from '../datapath/index.ts';
import { cidrContains, clusterAddressOf, ConnectError, parseIp, type Flow } from '../net/index.ts';
import type { Step } from '../observe/index.ts';
import { answerStep } from './answer-steps.ts';
import { askDatagram } from './ask-datagram.ts';
import { askPod, type PodAnswer } from './ask-pod.ts';
import { flowOf, nodeCaller, outsideCaller, podCaller, type Caller } from './caller.ts';
import { enterCluster } from './enter-cluster.ts';
import type { Cluster } from './create-cluster.ts';
import { explainIngress } from './explain-ingress.ts';
import { missingEndpointSteps, undeclaredPortSteps } from './explain-endpoints.ts';
import { rolloutSteps } from './explain-rollout.ts';
import { parseExplainTarget, type ExplainTarget } from './explain-target.ts';
import { explainUnresolved, nearestIngressHost } from './explain-unresolved.ts';
import { foreignIngressOf, ingressDoorOf, isClusterName } from './ingress-door.ts';

/** A Pod that says nothing for so long is given up. */
const ANSWER_TIMEOUT_MS = 5000;

/** What carries each scheme. */
const PROTOCOLS = { http: 'TCP', https: 'TCP', tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' } as const;

/** A datagram need not be answered. */
const DATAGRAM_TIMEOUT_MS = 1000;

/**
 * Walks one request through names, routes, Service, endpoints and policy to the Pod, and asks it.
 *
 * Who asks is the Pod that is named. With none it is the outside where that reaches the target: an Ingress' host, a
 * Node's or a LoadBalancer's address, an alias. Else it is who the entry acts as for nobody in particular, the first Node.
 *
 * @throws PodlaneError `ERR_NO_SUCH_POD`, `ERR_OPTION`.
 */
export async function explain(cluster: Cluster, request: ExplainRequest): Promise<ExplainResult> {
  const target = parseExplainTarget(request.to);
  const { from, namespace } = request;
  if (from !== undefined)
    return explainFlow(cluster, podCaller(cluster.store, from, namespace), { target, steps: [] });
  const isHttp = target.scheme === 'http' || target.scheme === 'https';
  const door = isHttp ? await ingressDoorOf(cluster, target) : undefined;
  if (door !== undefined) return explainIngress(cluster, target, door);
  const foreign = isHttp ? foreignIngressOf(cluster, target.host) : undefined;
  if (foreign !== undefined && !(await isClusterName(cluster, target.host)))
    return explainForeign(target, foreign);
  const caller = callerOfNobody(cluster, target);
  const what =
    caller.origin.kind === 'outside'
      ? 'no Pod is named: the request comes from outside of the cluster'
      : `no Pod is named: the entry asks as ${caller.text}, and searches names as a Pod in default does`;
  const steps: readonly Step[] = [{ part: 'from', outcome: 'pass', what }];
  const result = await explainFlow(cluster, caller, { target, steps });
  if (!isHttp || result.verdict !== 'unresolved') return result;
  const near = nearestIngressHost(cluster, target.host);
  return near === undefined ? result : explainMistyped(result, target.host, near);
}

/** A host that is nearly one of an Ingress: that is what its author wants to know first. */
function explainMistyped(result: ExplainResult, host: string, near: string): ExplainResult {
  const what = `no Ingress has the host ${host}; ${near} is the nearest that one has`;
  const summary = `${host} is the host of no Ingress, and no name of the cluster. Did you mean "${near}"?`;
  return {
    ...result,
    steps: [{ part: 'ingress', outcome: 'fail', what }, ...result.steps],
    summary,
  };
}

/** The host of an Ingress that another controller would serve. */
function explainForeign(
  { text: to }: ExplainTarget,
  { text, className }: { readonly text: string; readonly className: string },
): ExplainResult {
  const summary = `${text} has this host, but no controller serves class ${className}`;
  const step: Step = { part: 'ingress', outcome: 'fail', what: summary };
  return { from: 'outside', to, steps: [step], verdict: 'unreachable', summary };
}

async function explainFlow(
  cluster: Cluster,
  caller: Caller,
  { target, steps: before }: { readonly target: ExplainTarget; readonly steps: readonly Step[] },
): Promise<ExplainResult> {
  const resolved = await resolveHostAs(cluster, caller, target);
  const steps = [...before, ...resolved.steps];
  const about = { from: caller.text, to: target.text };
  const { address } = resolved;
  if (address === undefined) {
    const summary = explainUnresolved(cluster, caller, target.host);
    return { ...about, steps, verdict: 'unresolved', summary };
  }
  const destination = { address, port: target.port };
  const protocol = PROTOCOLS[target.scheme];
  const flow = flowOf(caller, destination, { protocol, random: () => 0.5 });
  const entered = enterCluster(cluster, flow);
  return finish(cluster, {
    about,
    flow: entered.flow,
    target,
    steps: [...steps, ...entered.steps],
  });
}

/** The outside, where it reaches the target; else the first Node, as which the entry asks. */
function callerOfNobody({ view }: Cluster, { host }: ExplainTarget): Caller {
  const { plan, nodes } = view;
  const address = clusterAddressOf(host, plan) ?? host;
  const ip = parseIp(address);
  const isReached =
    host === 'localhost' ||
    address === plan.hostAddress ||
    nodes.byAddress(address) !== undefined ||
    (ip !== undefined && cidrContains(plan.loadBalancerCIDR, ip));
  return isReached ? outsideCaller(view) : nodeCaller(view);
}

/** What a host is for somebody; undefined where it has no address. */
export interface Resolved {
  readonly address: string | undefined;
  readonly steps: readonly Step[];
}

/** The address that a host has for `caller`: an alias' own, or what DNS answers. */
export async function resolveHostAs(
  { names, view }: Cluster,
  caller: Caller,
  { host }: Pick<ExplainTarget, 'host'>,
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

/** A and AAAA are asked side by side and mostly for the same reasons end alike. */
function withoutRepeats(steps: readonly Step[]): readonly Step[] {
  const textOf = ({ part, what, object = '' }: Step): string => `${part} ${what} ${object}`;
  const seen = new Set<string>();
  return steps.filter((step) => {
    const isNew = !seen.has(textOf(step));
    seen.add(textOf(step));
    return isNew;
  });
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
  const advice = [...undeclaredPortSteps(cluster, decision), ...rolloutSteps(cluster, decision)];
  const steps = [...before, ...decision.steps, ...advice];
  if (decision.kind === 'reject') {
    const all = [...steps, ...missingEndpointSteps(cluster, flow, decision)];
    // What nobody has is found out last, when all else has passed.
    const end: Step = { part: 'pod', outcome: 'fail', what: decision.message };
    const isTold = all.at(-1)?.outcome === 'fail';
    return { ...about, steps: isTold ? all : [...all, end], ...rejected(decision) };
  }
  const { address, port } = decision.flow.destination;
  if (decision.target === 'outside') {
    return {
      ...about,
      steps,
      verdict: 'delivered',
      summary: `delivered to ${address}:${port}, outside of the cluster`,
    };
  }
  if (flow.protocol === 'SCTP') {
    const summary = `${podText(cluster, address)} would have it on port ${port}; SCTP is decided here, and not carried`;
    return { ...about, steps: [...steps, NOT_CARRIED], verdict: 'delivered', summary };
  }
  // The host goes by its cluster address in questions, by its own in answers.
  const destination =
    decision.target === 'host'
      ? { address: cluster.plan.hostAddress, port }
      : decision.flow.destination;
  return ask(cluster, { about, flow: { ...flow, destination }, target, steps });
}

const NOT_CARRIED: Step = {
  part: 'pod',
  outcome: 'skip',
  what: 'SCTP is not carried in userspace',
  because: 'the runtime has no sockets for it',
};

/** Asks who was chosen. */
async function ask(
  cluster: Cluster,
  { about, flow, target, steps }: Finish,
): Promise<ExplainResult> {
  const { address, port } = flow.destination;
  try {
    const answer = await exchange(cluster, flow, target);
    if (answer === undefined)
      return {
        ...about,
        steps: [...steps, { part: 'pod', outcome: 'skip', what: 'no datagram came back' }],
        verdict: 'delivered',
        summary: `a datagram was delivered to ${podText(cluster, address)}; UDP promises no answer, and none came`,
      };
    return {
      ...about,
      steps: [...steps, answerStep(answer)],
      verdict: 'answered',
      summary: `answered by ${podText(cluster, address)}: ${answer.what}`,
    };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const isRefused = error instanceof ConnectError && error.code === 'ERR_REFUSED';
    return {
      ...about,
      steps: [...steps, { part: 'pod', outcome: 'fail', what }],
      verdict: isRefused ? 'refused' : 'unreachable',
      summary: `${podText(cluster, address)} does not answer on port ${port}: ${what}`,
    };
  }
}

async function exchange(
  { datapath, options }: Cluster,
  flow: Flow,
  target: ExplainTarget,
): Promise<PodAnswer | undefined> {
  if (target.scheme === 'udp') {
    const { port } = target;
    const { clusterDomain } = options;
    const signal = AbortSignal.timeout(DATAGRAM_TIMEOUT_MS);
    return askDatagram(datapath.associate(flow), { port, clusterDomain }, signal);
  }
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  return askPod(await datapath.connect(flow, { signal }), target, signal);
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
