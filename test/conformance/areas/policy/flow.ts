import type { Store } from '../../../../src/api/index.ts';
import type { Decision } from '../../../../src/datapath/index.ts';
import type { Endpoint, Flow, Origin } from '../../../../src/net/index.ts';
import type { From, PodName, To, VerdictCase, World } from './cases.ts';

const CLIENT_PORT = 40_000;

/** Where a row's cluster is. */
export interface Place {
  readonly store: Store;
  readonly world: World;
  /** The Pod that a row names. */
  readonly podNamed?: (pod: PodName) => PodName;
}

/** The connection that a row asks about; of a Service's ports the row names the Service's. */
export function flowOf({ from, to, port, protocol }: VerdictCase, place: Place): Flow {
  const source = sourceOf(from, place);
  const node = 'nodePort' in to ? to.nodePort.node : source.node;
  return {
    protocol: protocol === 'ICMP' ? 'TCP' : protocol,
    source: { address: source.address, port: CLIENT_PORT },
    destination: destinationOf(to, port, place),
    origin: source.origin,
    node,
  };
}

interface Source {
  readonly address: string;
  readonly origin: Origin;
  readonly node: string;
}

function sourceOf(from: From, place: Place): Source {
  const { nodes } = place.world;
  if ('pod' in from) {
    const { ns, pod } = named(from, place);
    const object = place.store.get('Pod', ns, pod);
    const origin = { kind: 'pod', namespace: ns, name: pod } as const;
    return { address: podAddress(from, place), origin, node: object?.spec?.nodeName ?? '' };
  }
  if ('node' in from) {
    const address = nodes[from.node]?.ip ?? '';
    return { address, origin: { kind: 'node', name: from.node }, node: from.node };
  }
  const [first = ''] = Object.keys(nodes);
  return { address: from.ip, origin: { kind: 'outside' }, node: first };
}

function destinationOf(to: To, port: number, place: Place): Endpoint {
  if ('loopback' in to) return { address: '127.0.0.1', port };
  if ('ip' in to) return { address: to.ip, port };
  if ('node' in to) return { address: nodeAddress(to.node, place), port };
  if ('nodePort' in to)
    return { address: nodeAddress(to.nodePort.node, place), port: to.nodePort.port };
  if ('pod' in to) return { address: podAddress(to, place), port };
  const service = place.store.get('Service', to.ns, to.service);
  return { address: service?.spec?.clusterIP ?? '', port };
}

function nodeAddress(name: string, { world: { nodes } }: Place): string {
  return nodes[name]?.ip ?? '';
}

function named(pod: PodName, { podNamed = (own) => own }: Place): PodName {
  return podNamed(pod);
}

function podAddress(name: PodName, place: Place): string {
  const { ns, pod } = named(name, place);
  const { podIP } = place.store.get('Pod', ns, pod)?.status ?? {};
  if (podIP === undefined) throw new Error(`pod ${ns}/${pod} has no address`);
  return podIP;
}

/** What the policies made of a connection; that nobody listens in the end is not their doing. */
export function verdictOf(decision: Decision): string {
  if (decision.kind === 'deliver') return 'allow';
  const { reason, isSilent } = decision;
  if (reason === 'denied') return isSilent ? 'deny' : 'refused';
  const isBeyondPolicy = ['not-listening', 'no-such-address', 'no-such-pod'].includes(reason);
  return isBeyondPolicy ? 'allow' : reason;
}
