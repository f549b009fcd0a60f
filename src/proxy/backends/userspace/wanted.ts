import {
  clusterAddressOf,
  loopbackAlias,
  type AddressPlan,
  type Endpoint,
  type Protocol,
} from '../../../net/index.ts';
import type { ProxyNode } from '../../node-table.ts';
import type { PodEntry, PodPort } from '../../pod-ports.ts';
import type { Frontend, ProxiedService, Via } from '../../service.ts';
import { isUsable } from '../../topology.ts';

/** How a listener's address came about. */
export type ListenVia = Via | 'pod' | 'hostPort' | 'healthCheckNodePort';

/** A listener that the tables ask for. */
export interface WantedListener {
  /** `protocol/address/port` */
  readonly key: string;
  readonly protocol: 'TCP' | 'UDP';
  /** On the host: a loopback alias. */
  readonly address: string;
  readonly port: number;
  readonly via: ListenVia;
  /** In the cluster: what the client meant. */
  readonly destination: Endpoint;
  /** The Node that has the address; undefined where any Node may take the connection. */
  readonly node: string | undefined;
  /** Whether anybody could serve; otherwise connecting is refused, since nothing listens. */
  readonly isServed: boolean;
  /** Whether podlane goes on without it: where another program has the port, `reachOf` tells. */
  readonly isOptional: boolean;
  /** undefined for Pods' own ports. */
  readonly frontend: Frontend | undefined;
}

/** An address in the cluster that the host has no way to. */
export interface Unreachable {
  readonly protocol: Protocol;
  readonly via: ListenVia;
  readonly destination: Endpoint;
  readonly frontend: Frontend | undefined;
  readonly reason: string;
}

/** What one Service or Pod asks for. */
export interface Wanted {
  readonly listeners: readonly WantedListener[];
  readonly unreachable: readonly Unreachable[];
}

export interface WantedContext {
  /** The first one is what 127.0.0.1 and ::1 stand for. */
  readonly nodes: readonly ProxyNode[];
  readonly plan: AddressPlan;
  /** Without, only what 127.0.0.1 and ::1 stand for is listened to. */
  readonly hasAliases: boolean;
}

const NOT_CARRIED = 'SCTP is not carried in userspace: the runtime has no sockets for it';
const NO_IPV6_ALIAS = 'IPv6 has one loopback address only: reach it through the entry';
const NO_ALIAS = 'the address is in no range that has loopback aliases';

/** The listeners of a Service: its cluster IPs, external and LoadBalancer IPs, and its NodePorts on every Node. */
export function wantedOfService(service: ProxiedService, context: WantedContext): Wanted {
  const listeners: WantedListener[] = [];
  const unreachable: Unreachable[] = [];
  for (const frontend of service.frontends) {
    const { via, port } = frontend;
    for (const place of placesOf(frontend, context)) {
      const isIPv6 = place.destination.address.includes(':');
      const isServed = port.endpoints[isIPv6 ? 'IPv6' : 'IPv4'].some(isUsable);
      const { destination } = place;
      if (port.protocol === 'SCTP')
        unreachable.push({ protocol: 'SCTP', via, destination, frontend, reason: NOT_CARRIED });
      else if (place.alias === undefined) {
        const reason = isIPv6 ? NO_IPV6_ALIAS : NO_ALIAS;
        unreachable.push({ protocol: port.protocol, via, destination, frontend, reason });
      } else {
        const isOptional = !context.hasAliases;
        const { protocol } = port;
        listeners.push(listenerAt(place, { protocol, via, isServed, isOptional, frontend }));
      }
    }
  }
  return { listeners: [...listeners, ...healthListeners(service, context)], unreachable };
}

/** Balancers ask each Node whether it has endpoints; the answer may be no, so that somebody always listens. */
function healthListeners(
  { healthCheckNodePort }: ProxiedService,
  context: WantedContext,
): readonly WantedListener[] {
  if (healthCheckNodePort === 0) return [];
  const facts = {
    protocol: 'TCP',
    via: 'healthCheckNodePort',
    isServed: true,
    isOptional: true,
    frontend: undefined,
  } as const;
  return nodePlaces(healthCheckNodePort, context).map((place) => listenerAt(place, facts));
}

/** The listeners of a Pod: its ports on its own address, and its host ports on its Node's. */
export function wantedOfPod(pod: PodEntry, context: WantedContext): Wanted {
  if (!pod.isRunning) return { listeners: [], unreachable: [] };
  const places = pod.ports.flatMap((port) => podPlaces(pod, port, context));
  return {
    listeners: places.flatMap(({ port: { protocol }, via, ...place }) => {
      if (protocol === 'SCTP' || place.alias === undefined) return [];
      const isOptional = via === 'pod' || isLocalhost(place.alias);
      const facts = { protocol, via, isServed: true, isOptional, frontend: undefined };
      return [listenerAt(place, facts)];
    }),
    unreachable: [],
  };
}

/** An address in the cluster, and where the host has it. */
interface Place {
  readonly alias: string | undefined;
  readonly destination: Endpoint;
  readonly node: string | undefined;
}

function placesOf({ via, address, number }: Frontend, context: WantedContext): readonly Place[] {
  if (via === 'nodePort') return nodePlaces(number, context);
  if (!context.hasAliases) return [];
  const destination = { address, port: number };
  return [{ alias: aliasOf(address, context.plan), destination, node: undefined }];
}

/** Every Node's own alias; the first Node has 127.0.0.1 and ::1 too. */
function nodePlaces(port: number, context: WantedContext): readonly Place[] {
  return context.nodes.flatMap(({ name, addresses }, index) => {
    const address = addresses.find((candidate) => !candidate.includes(':'));
    if (address === undefined) return [];
    const place = { destination: { address, port }, node: name };
    return nodeAliases(address, index === 0, context).map((alias) => ({ ...place, alias }));
  });
}

/** Where the host has an address of a Node. */
function nodeAliases(
  address: string,
  isFirst: boolean,
  { plan, hasAliases }: WantedContext,
): readonly (string | undefined)[] {
  const local = isFirst && !address.includes(':') ? LOCALHOST : [];
  return hasAliases ? [...local, aliasOf(address, plan)] : local;
}

const LOCALHOST = ['127.0.0.1', '::1'] as const;

function isLocalhost(alias: string): boolean {
  return alias === '127.0.0.1' || alias === '::1';
}

type PodPlace = Place & { readonly port: PodPort; readonly via: ListenVia };

function podPlaces(pod: PodEntry, port: PodPort, context: WantedContext): readonly PodPlace[] {
  const { nodes, plan, hasAliases } = context;
  const isOnFirst = nodes[0]?.name === pod.node;
  const own = pod.addresses
    .filter((address) => !address.includes(':'))
    .flatMap((address): readonly PodPlace[] => {
      const destination = { address, port: port.port };
      const via = 'pod';
      if (pod.isHostNetwork)
        return nodeAliases(address, isOnFirst, context).map((alias) => ({
          alias,
          destination,
          node: pod.node,
          port,
          via,
        }));
      if (!hasAliases) return [];
      return [{ alias: aliasOf(address, plan), destination, node: undefined, port, via }];
    });
  return [...own, ...hostPortPlaces(pod, port, context)];
}

function hostPortPlaces(pod: PodEntry, port: PodPort, context: WantedContext): readonly PodPlace[] {
  if (port.hostPort === 0) return [];
  const { nodes } = context;
  const node = nodes.find(({ name }) => name === pod.node);
  const isAny = ['', '0.0.0.0', '::'].includes(port.hostIP);
  const address = node?.addresses.find((candidate) =>
    isAny ? !candidate.includes(':') : candidate === port.hostIP,
  );
  if (address === undefined) return [];
  const destination = { address, port: port.hostPort };
  return nodeAliases(address, node === nodes[0], context).map((alias) => ({
    alias,
    destination,
    node: pod.node,
    port,
    via: 'hostPort',
  }));
}

/** Only an alias that leads back to the address, so that none means two. */
function aliasOf(address: string, plan: AddressPlan): string | undefined {
  if (address.startsWith('127.')) return address;
  const alias = loopbackAlias(address, plan);
  return alias !== undefined && clusterAddressOf(alias, plan) === address ? alias : undefined;
}

function listenerAt(
  { alias = '', destination, node }: Place,
  facts: Pick<WantedListener, 'protocol' | 'via' | 'isServed' | 'isOptional' | 'frontend'>,
): WantedListener {
  const { port } = destination;
  return {
    key: `${facts.protocol}/${alias}/${port}`,
    address: alias,
    port,
    destination,
    node,
    ...facts,
  };
}
