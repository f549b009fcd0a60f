import type { Store } from '../api/index.ts';
import type { AddressPlan, OriginLookups } from '../net/index.ts';
import {
  DEFAULT_PROXY_CONFIG,
  NodeTable,
  PodTable,
  ServiceTable,
  type PodEntry,
  type ProxyConfig,
} from '../proxy/index.ts';
import { ALLOW_ALL, type EvaluatePolicy } from './policy.ts';

export interface DatapathViewOptions {
  readonly plan: AddressPlan;
  /** @default kube-proxy's own defaults, in nftables mode */
  readonly proxy?: Partial<ProxyConfig> | undefined;
  /** @default everything is allowed */
  readonly policy?: EvaluatePolicy | undefined;
}

/** Everything a decision looks at; tables derived from the store. */
export interface DatapathView extends OriginLookups, Disposable {
  readonly plan: AddressPlan;
  readonly services: ServiceTable;
  readonly nodes: NodeTable;
  readonly pods: PodTable;
  readonly proxy: ProxyConfig;
  readonly policy: EvaluatePolicy;
  /** The Pod of the Pod network with this address; Pods on the host's network have none of their own. */
  podByAddress(address: string): PodEntry | undefined;
}

/** The tables that decisions are made from. */
export function createDatapathView(store: Store, options: DatapathViewOptions): DatapathView {
  const services = new ServiceTable(store);
  const nodes = new NodeTable(store);
  const pods = new PodTable(store);
  return {
    plan: options.plan,
    services,
    nodes,
    pods,
    proxy: { ...DEFAULT_PROXY_CONFIG, ...options.proxy },
    policy: options.policy ?? ALLOW_ALL,
    podByAddress: (address) => {
      const [pod] = pods.byAddress(address);
      return pod === undefined || pod.isHostNetwork ? undefined : pod;
    },
    nodeByAddress: (address) => nodes.byAddress(address)?.name,
    [Symbol.dispose]: () => {
      for (const table of [services, nodes, pods]) table[Symbol.dispose]();
    },
  };
}
