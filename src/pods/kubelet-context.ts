import type { Duplex } from 'node:stream';
import type { ObjectRef, Pod, Store } from '../api/index.ts';
import type { PodAddresses } from '../ipam/index.ts';
import type { Associate, Connect, Endpoint, Flow, Origin, Protocol } from '../net/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import type { EnvironmentSources } from './environment.ts';
import { untilGivenUp } from './lost-packets.ts';
import type { PodNetwork } from './pod-network.ts';
import type { DnsMessages, ResolvConf } from './workload.ts';
import type { SelectWorkload } from './workloads/index.ts';
import type { PodVolumesOptions } from './writable-volumes.ts';

/** Addresses of `name` as `origin` finds them, with its search path; empty when there is none. */
export type ResolveHost = (name: string, origin: Origin) => Promise<readonly string[]>;

/** An Event to record. */
export interface PodEvent {
  /** The Pod, and the part of it that is meant. */
  readonly about: ObjectRef & { readonly fieldPath?: string };
  /** The Node whose kubelet says it. */
  readonly host: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What every Pod's worker shares. */
export interface KubeletContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly podAddresses: PodAddresses;
  readonly network: PodNetwork;
  readonly connect: Connect;
  readonly associate: Associate;
  readonly resolve: ResolveHost;
  readonly resolvConf: (pod: Pod) => ResolvConf;
  /** For programs that ask DNS servers themselves; absent where none can. */
  readonly dns: DnsMessages | undefined;
  readonly selectWorkload: SelectWorkload;
  readonly environmentSources: EnvironmentSources;
  /** The files that outlive Pods. */
  readonly volumes: PodVolumesOptions;
  readonly clusterDomain: string;
  /** Where the Pod's ports are handed to instead; undefined where its containers answer. */
  readonly forwardOf: (pod: Pod) => ((port: number) => Endpoint | undefined) | undefined;
  /** The Pods that have an address of their own, by it. */
  readonly workers: Map<string, { readonly pod: Pod }>;
  readonly record: (event: PodEvent) => void;
  /** `work`, which `settled()` waits for. */
  readonly track: <T>(work: Promise<T>) => Promise<T>;
}

/** Who opens a connection. */
export interface Caller {
  readonly origin: Origin;
  readonly node: string;
  readonly addresses: readonly string[];
}

const FIRST_EPHEMERAL = 32_768;
const EPHEMERAL_PORTS = 28_232;
let ephemeral = 0;

/** A flow from `caller`, from its address of the destination's family and a fresh source port. */
export function flowFrom(caller: Caller, protocol: Protocol, destination: Endpoint): Flow {
  const isIPv6 = destination.address.includes(':');
  const address =
    caller.addresses.find((candidate) => candidate.includes(':') === isIPv6) ??
    caller.addresses[0] ??
    destination.address;
  ephemeral = (ephemeral + 1) % EPHEMERAL_PORTS;
  return {
    protocol,
    source: { address, port: FIRST_EPHEMERAL + ephemeral },
    destination,
    origin: caller.origin,
    node: caller.node,
  };
}

/** Opens a connection as `caller`, who is not told of packets that are dropped; its own loopback never leaves it. */
export function connectAs(
  { connect, network, clock }: Pick<KubeletContext, 'clock' | 'connect' | 'network'>,
  caller: Caller,
): (destination: Endpoint, signal?: AbortSignal) => Promise<Duplex> {
  return (destination, signal) => {
    const options = signal === undefined ? {} : { signal };
    if (!isLoopback(destination.address))
      return untilGivenUp(connect(flowFrom(caller, 'TCP', destination), options), clock, signal);
    return network.dial(loopbackFlow(caller, 'TCP', destination), options);
  };
}

/** A flow that stays inside of the caller's own network: seen as coming from where it goes. */
export function loopbackFlow(caller: Caller, protocol: Protocol, destination: Endpoint): Flow {
  const isIPv6 = destination.address.includes(':');
  const own =
    caller.addresses.find((candidate) => candidate.includes(':') === isIPv6) ??
    caller.addresses[0] ??
    destination.address;
  const flow = flowFrom(caller, protocol, { address: own, port: destination.port });
  return { ...flow, source: { ...flow.source, address: destination.address } };
}

/** Whether an address never leaves the host that uses it. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
