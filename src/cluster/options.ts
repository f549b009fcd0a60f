import type { Denial } from '../datapath/index.ts';
import type { AccessLogFormat } from '../ingress/index.ts';
import type { AddressPlanOptions } from '../net/index.ts';
import { SILENT, SYSTEM_CLOCK, type Clock, type Logger } from '../observe/index.ts';
import type { Forward } from '../pods/index.ts';
import type { ProxyConfig } from '../proxy/index.ts';

/** Where a front door listens; `off` leaves it closed. */
export type Door = 'off' | { readonly address: string; readonly port: number };

/** Where names outside the cluster are asked for: the host's resolv.conf, nowhere, or these `address[:port]`s. */
export type DnsUpstream = 'host' | 'off' | readonly string[];

export interface ClusterOptions extends AddressPlanOptions {
  /** Names the instance. @default 'podlane' */
  readonly name?: string;
  /** Makes every free choice repeatable: addresses, names, picks. @default 0 */
  readonly seed?: number;
  /** How many Nodes there are where no object says so, 1–250. @default 3 */
  readonly nodes?: number;
  /** Whether there is a default StorageClass, `standard`, as on kind. @default true */
  readonly hasStorageClass?: boolean;
  /** @default 127.0.0.1:53 */
  readonly dns?: Door;
  /** @default 127.0.0.1:80 */
  readonly http?: Door;
  /** @default 127.0.0.1:443 */
  readonly https?: Door;
  /** @default 127.0.0.1:10080 */
  readonly entry?: Door;
  /** Where the API server listens; `default` is 127.0.0.1:6443, else any free port. @default 'off' */
  readonly api?: Door | 'default';
  /** The kubeconfig that gets a context `podlane-NAME`: a path, kubectl's own, or none. @default 'off' */
  readonly kubeconfig?: 'default' | 'off' | (string & {});
  /** Listen on the loopback aliases of Services, Pods and Nodes; else on 127.0.0.1 and ::1 only. @default true */
  readonly hasAliases?: boolean;
  /** Threads that answer DNS over UDP, the main one included, 1–64. @default 1 */
  readonly dnsWorkers?: number;
  /** @default 'host' */
  readonly dnsUpstream?: DnsUpstream;
  /** @default 'cluster.local' */
  readonly clusterDomain?: string;
  /** A Corefile to use instead of the ConfigMap `kube-system/coredns`; '' for none. @default '' */
  readonly corefile?: string;
  /** What `{$NAME}` stands for in a Corefile. @default nothing */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Gets the lines that CoreDNS prints: `log`, `errors`. @default nobody */
  readonly print?: (line: string) => void;
  /** Node ports, `first-last`. @default '30000-32767' */
  readonly nodePortRange?: string;
  /** kube-proxy's own settings. @default kube-proxy's defaults, in nftables mode */
  readonly proxy?: Partial<ProxyConfig>;
  /** Where kube-proxy's `/healthz` and `/livez` are. @default 127.0.0.1:10256, unless somebody has it */
  readonly proxyHealth?: Door | 'default';
  /** Where kube-proxy's `/metrics` and `/proxyMode` are. @default 127.0.0.1:10249, unless somebody has it */
  readonly proxyMetrics?: Door | 'default';
  /** Where the ingress' `/metrics` and `/healthz` are. @default 127.0.0.1:10254, unless somebody has it */
  readonly ingressMetrics?: Door | 'default';
  /** A line for each request of the ingress, handed to `print`: as ingress-nginx writes it, or as JSON. @default 'off' */
  readonly accessLog?: 'off' | AccessLogFormat;
  /** The folder that keeps the state, made where there is none; '' keeps it in memory alone. @default '' */
  readonly dataDir?: string;
  /** What becomes of connections that policies deny: silence, as with a CNI, or a refusal at once. @default 'drop' */
  readonly deny?: Denial;
  /** Pods whose traffic goes to a process of this host. @default none */
  readonly forwards?: readonly Forward[];
  /** @default nothing is logged */
  readonly log?: Logger;
  /** @default the system's */
  readonly clock?: Clock;
}

export type ResolvedOptions = Required<Omit<ClusterOptions, keyof AddressPlanOptions>> &
  AddressPlanOptions;

const DEFAULTS = {
  name: 'podlane',
  seed: 0,
  nodes: 3,
  hasStorageClass: true,
  dns: { address: '127.0.0.1', port: 53 },
  http: { address: '127.0.0.1', port: 80 },
  https: { address: '127.0.0.1', port: 443 },
  entry: { address: '127.0.0.1', port: 10_080 },
  api: 'off',
  kubeconfig: 'off',
  hasAliases: true,
  dnsWorkers: 1,
  dnsUpstream: 'host',
  clusterDomain: 'cluster.local',
  corefile: '',
  variables: {},
  print: () => {},
  nodePortRange: '30000-32767',
  proxy: {},
  proxyHealth: 'default',
  proxyMetrics: 'default',
  ingressMetrics: 'default',
  accessLog: 'off',
  dataDir: '',
  deny: 'drop',
  forwards: [],
  log: SILENT,
  clock: SYSTEM_CLOCK,
} as const satisfies ClusterOptions;

/** `given` with every default filled in. */
export function resolveOptions(given: ClusterOptions): ResolvedOptions {
  return { ...DEFAULTS, ...given };
}
