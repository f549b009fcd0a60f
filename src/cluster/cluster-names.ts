import type { Store } from '../api/index.ts';
import type { Datapath, DatapathView } from '../datapath/index.ts';
import type { AddressPlan, Endpoint } from '../net/index.ts';
import { dnsDenial } from './dns-denial.ts';
import { createNames, type Names } from './names.ts';
import type { ResolvedOptions } from './options.ts';
import { dnsServiceIP } from './system-objects.ts';

/** What Pods' questions to DNS pass; there once everything is. */
export interface AskedParts {
  datapath?: Datapath;
  view?: DatapathView;
}

export interface ClusterNamesParts {
  readonly options: ResolvedOptions;
  readonly plan: AddressPlan;
  readonly store: Store;
  readonly random: () => number;
  /** Where DNS listens, once it does. */
  readonly dnsAddresses: readonly Endpoint[];
  readonly asked: AskedParts;
}

/** The cluster's names, asked by Pods through the datapath. */
export function createClusterNames(parts: ClusterNamesParts): Names {
  const { options, plan, store, random, dnsAddresses, asked } = parts;
  const { clock, log, clusterDomain, corefile } = options;
  const server = dnsServiceIP(plan.serviceCIDRs);
  return createNames({
    store,
    denialOf: (pod) => dnsDenial(pod, { address: server }, asked.datapath),
    onResolved: (name, addresses) => asked.view?.policies.names.record(name, addresses),
    clock,
    log,
    random,
    clusterDomain,
    upstream: options.dnsUpstream,
    dnsServiceIP: server,
    ownAddresses: () => dnsAddresses,
    door: options.dns,
    corefile: corefile === '' ? undefined : corefile,
    variables: options.variables,
    print: options.print,
  });
}
