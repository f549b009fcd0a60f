import { createCluster, type Cluster } from './create-cluster.ts';
import { ManifestSet } from './manifests.ts';

/**
 * Asks something of a cluster that listens nowhere and is there as long as the answer takes.
 *
 * @throws ManifestError
 */
export async function askInMemory<T>(
  paths: readonly string[],
  ask: (cluster: Cluster, manifests: ManifestSet) => T | Promise<T>,
): Promise<T> {
  using manifests = await ManifestSet.load({ paths });
  const off = 'off' as const;
  await using cluster = await createCluster({
    dns: off,
    http: off,
    https: off,
    entry: off,
    dnsUpstream: off,
    proxyHealth: off,
    proxyMetrics: off,
    ingressMetrics: off,
    hasAliases: false,
    ...manifests.replaced,
  });
  manifests.apply(cluster);
  await cluster.settled();
  // Awaited here: the cluster ends with this function.
  return await ask(cluster, manifests);
}
