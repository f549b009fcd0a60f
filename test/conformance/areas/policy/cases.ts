import type { KubeObject } from '../../../../src/api/index.ts';

type Labels = Readonly<Record<string, string>>;

/** A NetworkPolicy of a row. */
export interface PolicyFacts {
  readonly ns: string;
  readonly name: string;
  readonly spec: object;
}

/** A ClusterNetworkPolicy of a row. */
export interface ClusterPolicyFacts {
  readonly name: string;
  readonly spec: object;
}

export type Operation =
  | { readonly op: 'createPolicy' | 'updatePolicy'; readonly policy: PolicyFacts }
  | { readonly op: 'deletePolicy'; readonly ns: string; readonly name: string }
  | { readonly op: 'createCNP' | 'updateCNP'; readonly cnp: ClusterPolicyFacts }
  | { readonly op: 'deleteCNP'; readonly name: string }
  | {
      readonly op: 'setNamespaceLabels' | 'createNamespace';
      readonly ns: string;
      readonly labels: Labels;
    }
  | {
      readonly op: 'setPodLabels' | 'createPod';
      readonly ns: string;
      readonly pod: string;
      readonly labels: Labels;
    }
  | { readonly op: 'deletePod'; readonly ns: string; readonly pod: string }
  | { readonly op: 'setNodeLabels'; readonly node: string; readonly labels: Labels }
  | { readonly op: 'openConnection' };

export interface PodName {
  readonly ns: string;
  readonly pod: string;
}

export type From = PodName | { readonly ip: string } | { readonly node: string };

export type To =
  | PodName
  | { readonly ns: string; readonly service: string; readonly backend?: string }
  | { readonly nodePort: { readonly node: string; readonly port: number } }
  | { readonly ip: string }
  | { readonly node: string }
  | { readonly loopback: true };

/** A row of the verdict tables. */
export interface VerdictCase {
  readonly id: string;
  readonly why: string;
  readonly policies?: readonly PolicyFacts[];
  readonly cnps?: readonly ClusterPolicyFacts[];
  readonly setup?: readonly Operation[];
  readonly ops?: readonly Operation[];
  readonly from: From;
  readonly to: To;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP' | 'ICMP';
  readonly expect: 'allow' | 'deny';
  readonly kind?: 'established';
  readonly group: string;
}

export interface WorldPod {
  readonly labels: Labels;
  readonly node: string;
  readonly ip: string;
  readonly hostNetwork?: boolean;
  readonly ports: readonly {
    readonly name: string;
    readonly port: number;
    readonly protocol: string;
  }[];
}

export interface WorldService {
  readonly clusterIP: string;
  readonly type?: string;
  readonly externalTrafficPolicy?: string;
  readonly labels?: Labels;
  readonly selector?: Labels;
  readonly endpoints?: readonly { readonly ip: string; readonly port: number }[];
  readonly ports: readonly {
    readonly port: number;
    readonly protocol: string;
    readonly targetPort: number | string;
    readonly nodePort?: number;
  }[];
}

/** The cluster that rows speak of. */
export interface World {
  readonly clusterCIDR: string;
  readonly serviceCIDR: string;
  readonly nodes: Readonly<
    Record<string, { readonly ip: string; readonly podCIDR: string; readonly labels: Labels }>
  >;
  readonly namespaces: Readonly<Record<string, Labels>>;
  readonly pods: Readonly<Record<string, WorldPod>>;
  readonly services: Readonly<Record<string, WorldService>>;
  readonly external: Readonly<Record<string, string>>;
  readonly dns: Readonly<Record<string, readonly string[]>>;
}

/** What addresses rows speak of are in a cluster. */
export interface Addresses {
  readonly pod: (name: string) => string;
  readonly service: (name: string) => string;
}

/** `row` with the placeholders of its policies and its ends replaced. */
export function fillIn(row: VerdictCase, world: World, addresses: Addresses): VerdictCase {
  const text = JSON.stringify(row).replaceAll(
    /\$\{(pod|node|svc|ext):([^}]+)\}/g,
    (_, kind: string, name: string) => {
      if (kind === 'pod') return addresses.pod(name);
      if (kind === 'svc') return addresses.service(name);
      return kind === 'node' ? (world.nodes[name]?.ip ?? name) : (world.external[name] ?? name);
    },
  );
  return JSON.parse(text) as VerdictCase; // the row itself, but for its texts
}

export function networkPolicy({ ns, name, spec }: PolicyFacts): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: ns, name },
    spec,
  };
}

export function clusterNetworkPolicy({ name, spec }: ClusterPolicyFacts): KubeObject {
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name },
    spec,
  };
}
