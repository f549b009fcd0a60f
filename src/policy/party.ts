import type { Ip, Protocol } from '../net/index.ts';

export type PolicyDirection = 'egress' | 'ingress';

/** What a question may be about: what can be carried, and ping. */
export type PolicyProtocol = Protocol | 'ICMP';

type Labels = Readonly<Record<string, string>>;

/** A Pod of the Pod network, as policies see it. */
export interface PolicyPod {
  readonly namespace: string;
  readonly name: string;
  /** The Node it is on. */
  readonly node: string;
  readonly labels: Labels;
  readonly namespaceLabels: Labels;
  /** Its containers' named ports. */
  readonly namedPorts: readonly NamedPort[];
}

/** A container's port that has a name. */
export interface NamedPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** One end of a connection, as the packet on the wire between them shows it. */
export interface Party {
  /** Canonical text. */
  readonly address: string;
  /** The number behind it; undefined for what is no address. */
  readonly ip: Ip | undefined;
  /** undefined for Nodes, for Pods on a Node's network, and for the outside. */
  readonly pod: PolicyPod | undefined;
  /** The Node with this address. */
  readonly node: PolicyNode | undefined;
  /** Names that an address was found under; lower case, without the last dot. */
  readonly namesOf: (address: string) => readonly string[];
}

/** A Node, as policies see it. */
export interface PolicyNode {
  readonly name: string;
  readonly labels: Labels;
}

/** A connection after the Service's translation: what policies are asked about. */
export interface PolicyFlow {
  readonly protocol: PolicyProtocol;
  /** Of the destination, its own. */
  readonly port: number;
  readonly source: Party;
  readonly destination: Party;
  /** Whether a Service led to the destination: a Pod that reaches itself through one is not exempt. */
  readonly isThroughService: boolean;
}
