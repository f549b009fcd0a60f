import type { ReachResult, ReachVerdict } from '../../control/index.ts';
import { decide, type Decision } from '../../datapath/index.ts';
import { ConnectError, type Flow } from '../../net/index.ts';
import type { Step } from '../../observe/index.ts';
import { askDatagram } from '../ask-datagram.ts';
import type { Caller } from '../caller.ts';
import type { Cluster } from '../create-cluster.ts';
import { explain } from '../explain.ts';
import { ingressDoorOf } from '../ingress-door.ts';
import { locateSteps, type LocateField } from '../locate-steps.ts';
import type { ReachTarget } from './find-target.ts';
import { placeOf } from './place-of.ts';
import { reasonOf } from './reason-of.ts';
import type { TargetPort } from './target-port.ts';
import { timeLimit } from './time-limit.ts';

/** A cluster, and where its objects were written. */
export interface ReachWorld {
  readonly cluster: Cluster;
  readonly locate: LocateField;
  /** From decisions alone. */
  readonly isDecided: boolean;
}

/** One flow to be. */
export interface ReachQuestion {
  readonly caller: Caller;
  readonly target: ReachTarget;
  readonly port: TargetPort;
}

/** A flow's end, and the flow that leads to the target, if only for others. */
export interface Probed {
  readonly result: ReachResult;
  readonly flow: Flow | undefined;
}

interface End {
  readonly verdict: ReachVerdict;
  readonly why: string;
  readonly steps: readonly Step[];
}

/** Who says nothing for so long is given up. */
const ANSWER_TIMEOUT_MS = 2000;
/** A datagram need not be answered. */
const DATAGRAM_TIMEOUT_MS = 1000;
/** How often a Service's choice is asked for, to see whether all endpoints are treated alike. */
const PICKS = 64;

/** Makes one flow, as its caller would, and tells its end and the reason. */
export async function probe(world: ReachWorld, question: ReachQuestion): Promise<Probed> {
  const { cluster } = world;
  const { caller, target, port } = question;
  const ingress = await throughIngress(world, question);
  if (ingress !== undefined) return { result: toResult(world, question, ingress), flow: undefined };
  const place = await placeOf(cluster, caller, { target, port });
  if (place.kind === 'nowhere')
    return { result: toResult(world, question, place), flow: place.flow };
  const { flow, steps } = place;
  const end = await endOf(world, flow);
  const all = { ...end, steps: [...steps, ...end.steps] };
  return { result: toResult(world, question, all), flow };
}

/** What the datapath would do with `flow` if there were no policy that denies it. */
export function delivered({ cluster }: ReachWorld, flow: Flow): Flow | undefined {
  const { view, options } = cluster;
  const policy = (): { isAllowed: true; steps: readonly Step[] } => ({
    isAllowed: true,
    steps: [],
  });
  const now = options.clock.now();
  const decision = decide(flow, { ...view, policy }, { random: () => 0.5, now });
  return decision.kind === 'deliver' ? decision.flow : undefined;
}

/** Real traffic where it is wanted and can be, else the decision. */
export async function endOf(world: ReachWorld, flow: Flow): Promise<End> {
  const { cluster, isDecided } = world;
  const decision = cluster.datapath.decide(flow, { explain: true });
  const mixed = mixedEnd(cluster, flow, decision);
  if (mixed !== undefined) return mixed;
  if (isDecided || flow.protocol === 'SCTP') return decidedEnd(decision);
  const { verdict, why } = await sendTraffic(cluster, flow);
  // What the traffic met is what counts; a reason is only known for what was decided.
  if (verdict !== 'allowed' && decision.kind === 'reject') return decidedEnd(decision);
  return { verdict, why, steps: decision.steps };
}

/** A URL from outside that an Ingress takes is asked for there. */
async function throughIngress(
  { cluster, isDecided }: ReachWorld,
  { caller, target, port }: ReachQuestion,
): Promise<End | undefined> {
  if (isDecided || caller.origin.kind !== 'outside' || target.kind !== 'host' || !target.isHttp)
    return undefined;
  const door = await ingressDoorOf(cluster, { host: target.host, port: port.port });
  if (door === undefined) return undefined;
  const { verdict, summary, steps } = await explain(cluster, {
    to: target.text,
    namespace: 'default',
  });
  return { verdict: INGRESS_VERDICT[verdict], why: summary, steps };
}

const INGRESS_VERDICT = {
  answered: 'allowed',
  delivered: 'allowed',
  dropped: 'denied',
  refused: 'refused',
  unresolved: 'unresolved',
  unreachable: 'unreachable',
} as const satisfies Readonly<Record<string, ReachVerdict>>;

/** Endpoints of one Service may be under different policies: then chance decides, which is neither yes nor no. */
function mixedEnd(cluster: Cluster, flow: Flow, decision: Decision): End | undefined {
  const { view, options } = cluster;
  const isDenied = decision.kind === 'reject' && decision.reason === 'denied';
  if (!isDenied && (decision.kind === 'reject' || decision.service === undefined)) return undefined;
  const now = options.clock.now();
  const picks = Array.from({ length: PICKS }, (_, index) =>
    decide(flow, view, { random: () => (index + 0.5) / PICKS, now }),
  );
  const denied = picks.filter((pick) => pick.kind === 'reject' && pick.reason === 'denied').length;
  if (denied === 0 || denied === PICKS) return undefined;
  const index = picks.findIndex(({ kind }) => kind === 'reject');
  const random = (): number => (index + 0.5) / PICKS;
  const { steps } = decide(flow, view, { random, now, explain: true });
  const why = 'some endpoints of the Service are denied and others are not: chance decides';
  return { verdict: 'mixed', why, steps };
}

function decidedEnd(decision: Decision): End {
  const { steps } = decision;
  if (decision.kind === 'deliver') {
    const { address, port } = decision.flow.destination;
    return { verdict: 'allowed', why: `decided to be delivered to ${address}:${port}`, steps };
  }
  const { reason, isSilent, message } = decision;
  const isNowhere = reason === 'no-such-address' || reason === 'no-such-pod';
  // The policies' own steps say it better.
  if (reason === 'denied') return { verdict: 'denied', why: '', steps };
  if (isSilent) return { verdict: 'denied', why: message, steps };
  return { verdict: isNowhere ? 'unreachable' : 'refused', why: message, steps };
}

type Answer = Pick<End, 'verdict' | 'why'>;

async function sendTraffic(cluster: Cluster, flow: Flow): Promise<Answer> {
  using limit = timeLimit(flow.protocol === 'UDP' ? DATAGRAM_TIMEOUT_MS : ANSWER_TIMEOUT_MS);
  try {
    return flow.protocol === 'UDP'
      ? await sendDatagram(cluster, flow, limit.signal)
      : await openConnection(cluster, flow, limit.signal);
  } catch (error) {
    if (limit.signal.aborted) return { verdict: 'unanswered', why: 'nobody answered in time' };
    if (!(error instanceof ConnectError)) throw error;
    return { verdict: FAILED[error.code], why: error.message };
  }
}

const FAILED = {
  ERR_DROPPED: 'denied',
  ERR_REFUSED: 'refused',
  ERR_UNREACHABLE: 'unreachable',
} as const;

async function openConnection(
  { datapath }: Cluster,
  flow: Flow,
  signal: AbortSignal,
): Promise<Answer> {
  const connection = await datapath.connect(flow, { signal });
  connection.on('error', () => undefined); // of no interest: it was opened
  connection.destroy();
  return { verdict: 'allowed', why: 'connected' };
}

async function sendDatagram(
  { datapath, options }: Cluster,
  flow: Flow,
  signal: AbortSignal,
): Promise<Answer> {
  const { clusterDomain } = options;
  const about = { port: flow.destination.port, clusterDomain };
  const answer = await askDatagram(datapath.associate(flow), about, signal);
  return answer === undefined
    ? { verdict: 'unanswered', why: 'no datagram came back' }
    : { verdict: 'allowed', why: answer.what };
}

function toResult(
  { locate }: ReachWorld,
  { caller, target, port }: ReachQuestion,
  { verdict, why, steps }: End,
): ReachResult {
  const located = locateSteps(steps, locate);
  const reason = reasonOf(located, verdict);
  const from = caller.text;
  const { protocol, port: number } = port;
  return {
    from,
    to: target.text,
    protocol,
    port: number,
    verdict,
    why: [why, reason.why ?? ''].filter((text) => text !== '').join(': '),
    ...(reason.rule === undefined ? {} : { rule: reason.rule }),
    steps: located,
  };
}
