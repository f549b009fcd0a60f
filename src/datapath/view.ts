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
import { PolicyTable } from '../policy/index.ts';
import { createPolicyEvaluator, type EvaluatePolicy } from './policy.ts';

export interface DatapathViewOptions {
  readonly plan: AddressPlan;
  /** @default kube-proxy's own defaults, in nftables mode */
  readonly proxy?: Partial<ProxyConfig> | undefined;
  /** @default what the store's policies say */
  readonly policy?: EvaluatePolicy | undefined;
  /** What becomes of connections that policies deny: silence, or a refusal at once. @default 'drop' */
  readonly deny?: Denial | undefined;
}

/** How a denied connection shows: as a packet that is lost, or refused. */
export type Denial = 'drop' | 'reject';

/** Everything a decision looks at; tables derived from the store. */
export interface DatapathView extends OriginLookups, Disposable {
  readonly plan: AddressPlan;
  readonly services: ServiceTable;
  readonly nodes: NodeTable;
  readonly pods: PodTable;
  readonly proxy: ProxyConfig;
  readonly policies: PolicyTable;
  readonly policy: EvaluatePolicy;
  readonly deny: Denial;
  /** The Pod of the Pod network with this address; Pods on the host's network have none of their own. */
  podByAddress(address: string): PodEntry | undefined;
}

/** The tables that decisions are made from. */
export function createDatapathView(store: Store, options: DatapathViewOptions): DatapathView {
  const services = new ServiceTable(store);
  const nodes = new NodeTable(store);
  const pods = new PodTable(store);
  const policies = new PolicyTable(store);
  const lookups: Pick<DatapathView, 'podByAddress' | 'nodeByAddress'> = {
    podByAddress: (address) => {
      const [pod] = pods.byAddress(address);
      return pod === undefined || pod.isHostNetwork ? undefined : pod;
    },
    nodeByAddress: (address) => nodes.byAddress(address)?.name,
  };
  return {
    plan: options.plan,
    services,
    nodes,
    pods,
    proxy: { ...DEFAULT_PROXY_CONFIG, ...options.proxy },
    policies,
    policy: options.policy ?? createPolicyEvaluator(policies, lookups),
    deny: options.deny ?? 'drop',
    ...lookups,
    [Symbol.dispose]: () => {
      for (const table of [services, nodes, pods, policies]) table[Symbol.dispose]();
    },
  };
}
