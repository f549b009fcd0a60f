/** DNS by a Corefile, for tests: no upstreams of the host, ports of its own. */
import { createClusterDns, type ClusterDns, type ClusterDnsOptions } from '../../src/dns/index.ts';
import { SILENT, SYSTEM_CLOCK } from '../../src/observe/index.ts';
import { createZoneStore, service } from './zone.ts';

export const WEB = 'web.shop.svc.cluster.local.';

export interface CorefileWorld extends Partial<ClusterDnsOptions> {
  /** How the Corefile is called; paths start at its folder. @default Corefile */
  readonly file?: string;
}

/** Nothing is loaded yet. There is a Service `shop/web` at 10.96.0.7. */
export function createDns(options: CorefileWorld = {}): ClusterDns {
  const store = createZoneStore();
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  store.create(service('web', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports }));
  return createClusterDns({
    store,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log: SILENT,
    resolvConf: () => ({ nameservers: [], search: [], options: [] }),
    portFor: () => 0,
    ...options,
  });
}

/** @throws CorefileError */
export async function loadDns(text: string, options: CorefileWorld = {}): Promise<ClusterDns> {
  const dns = createDns(options);
  await dns.load({ file: options.file ?? 'Corefile', text });
  return dns;
}
