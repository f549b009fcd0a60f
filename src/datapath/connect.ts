import type { Duplex } from 'node:stream';
import {
  ConnectError,
  openUdpChannel,
  type Associate,
  type Connect,
  type ConnectErrorCode,
  type ConnectOptions,
  type DatagramChannel,
  type Flow,
  type IpFamily,
} from '../net/index.ts';
import type { Clock } from '../observe/index.ts';
import { AffinityTable, endpointSets, ScheduleState, type ServicePort } from '../proxy/index.ts';
import { decide, type Decision, type RejectReason } from './decide.ts';
import { connectOutside } from './outside.ts';
import { UdpFlows } from './udp-flows.ts';
import type { DatapathView } from './view.ts';

export interface DatapathOptions {
  readonly view: DatapathView;
  /** Opens a connection to a Pod's own address. */
  readonly dialPod: Connect;
  readonly associatePod: Associate;
  /** In [0, 1). */
  readonly random: () => number;
  readonly clock: Clock;
  /** Told of every connection's decision, without its steps. */
  readonly onDecision?: ((flow: Flow, decision: Decision) => void) | undefined;
}

/** The one way into the cluster, for connections and for questions about them. */
export interface Datapath extends Disposable {
  readonly connect: Connect;
  readonly associate: Associate;
  /** What would become of `flow`; changes nothing. */
  decide(flow: Flow, options?: { readonly explain?: boolean }): Decision;
  /** How many UDP flows were ended because their endpoint serves no more. */
  readonly endedUdpFlows: Readonly<Record<IpFamily, number>>;
}

/** Carries decisions out. */
export function createDatapath(options: DatapathOptions): Datapath {
  const { view, dialPod, associatePod, random, clock, onDecision } = options;
  const affinity = new AffinityTable();
  const schedule = new ScheduleState();
  const udpFlows = new UdpFlows();
  const watch = forgetChanged({ view, affinity, schedule, udpFlows });
  const ask = (flow: Flow, explain: boolean): Decision =>
    decide(flow, view, { random, now: clock.now(), affinity, schedule, explain });
  /** Asks for a connection that will be made: affinity remembers it. */
  const open = (flow: Flow): Delivery => {
    const decision = ask(flow, false);
    onDecision?.(flow, decision);
    if (decision.kind === 'reject') throw refusal(decision, flow);
    const { affinityKey, endpoint } = decision.service?.selection ?? {};
    if (affinityKey !== undefined && endpoint !== undefined)
      affinity.record(affinityKey, endpoint.key, clock.now());
    return decision;
  };
  /** Counts a connection where the scheduler goes by such counts; what to call at its end. */
  const scheduled = ({ service }: Delivery): (() => void) | undefined => {
    if (service === undefined) return undefined;
    const { frontend, node, selection } = service;
    if ((frontend.port.scheduler ?? view.proxy.scheduler) === 'random') return undefined;
    return schedule.opened({ node, port: frontend.port.id }, selection.endpoint.key);
  };
  return {
    decide: (flow, { explain = false } = {}) => ask(flow, explain),
    connect: async (flow: Flow, connectOptions: ConnectOptions = {}): Promise<Duplex> => {
      const decision = open(flow);
      const closed = scheduled(decision);
      const dialled =
        decision.target === 'pod'
          ? dialPod(decision.flow, connectOptions)
          : connectOutside(decision.flow.destination, connectOptions.signal);
      if (closed === undefined) return dialled;
      return dialled.then(
        (connection) => connection.once('close', closed),
        (error: unknown) => {
          closed();
          throw error;
        },
      );
    },
    associate: (flow: Flow): DatagramChannel => {
      const decision = open(flow);
      const channel =
        decision.target === 'pod'
          ? associatePod(decision.flow)
          : openUdpChannel(decision.flow.destination);
      const closed = scheduled(decision);
      if (closed !== undefined) channel.onClose(closed);
      const { service } = decision;
      const { destination } = flow;
      const endpoint =
        service?.selection.endpoint.key ?? `${destination.address}:${destination.port}`;
      return udpFlows.track(channel, { destination, endpoint });
    },
    endedUdpFlows: udpFlows.ended,
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

type Delivery = Extract<Decision, { kind: 'deliver' }>;

const CODES: Readonly<Partial<Record<RejectReason, ConnectErrorCode>>> = {
  'no-such-address': 'ERR_UNREACHABLE',
  'no-such-pod': 'ERR_UNREACHABLE',
};

function refusal(
  decision: Extract<Decision, { kind: 'reject' }>,
  { destination }: Flow,
): ConnectError {
  const code = decision.isSilent ? 'ERR_DROPPED' : (CODES[decision.reason] ?? 'ERR_REFUSED');
  const { address, port } = destination;
  const host = address.includes(':') ? `[${address}]` : address;
  return new ConnectError(code, `${host}:${port}: ${decision.message}`);
}

interface Memories {
  readonly view: DatapathView;
  readonly affinity: AffinityTable;
  readonly schedule: ScheduleState;
  readonly udpFlows: UdpFlows;
}

/** What is remembered of a Service goes as it changes. */
function forgetChanged({ view, affinity, schedule, udpFlows }: Memories): Disposable {
  return view.services.onChange((changes) => {
    for (const { value, old } of changes) {
      for (const port of old?.ports ?? []) {
        forgetAffinity(affinity, port, { now: value?.ports, view });
        if (value === undefined) schedule.forget(port.id);
      }
      udpFlows.serviceChanged({ value, old });
    }
  });
}

/** An endpoint that a Node no longer uses loses its clients there, as its nftables set goes with its chain. */
function forgetAffinity(
  affinity: AffinityTable,
  old: ServicePort,
  { now, view }: { readonly now: readonly ServicePort[] | undefined; readonly view: DatapathView },
): void {
  if (old.affinityTimeoutSeconds === undefined) return;
  const port = now?.find(({ id }) => id === old.id);
  if (port?.affinityTimeoutSeconds === undefined) return affinity.forget(old.id);
  affinity.retain(old.id, (nodeName, endpoint) => {
    const node = view.nodes.get(nodeName);
    if (node === undefined) return false;
    const sets = [endpointSets(port, 'IPv4', node), endpointSets(port, 'IPv6', node)];
    return sets.some(({ cluster, local }) =>
      [...cluster, ...local].some(({ key }) => key === endpoint),
    );
  });
}
