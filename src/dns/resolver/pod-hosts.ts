import type { Pod } from '../../api/index.ts';

const LOOPBACK: readonly (readonly [string, readonly string[]])[] = [
  ['localhost', ['127.0.0.1', '::1']],
  ['ip6-localhost', ['::1']],
  ['ip6-loopback', ['::1']],
];

/**
 * What the kubelet writes into a Pod's /etc/hosts, by name: its own names and its hostAliases.
 *
 * @returns Names in lower case, without final dot.
 * @see Kubernetes `pkg/kubelet/kubelet_pods.go`, `ensureHostsFile`
 */
export function podHosts(pod: Pod, clusterDomain: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, readonly string[]>(LOOPBACK);
  const add = (name: string, addresses: readonly string[]): void => {
    const key = name.toLowerCase();
    hosts.set(key, [...(hosts.get(key) ?? []), ...addresses]);
  };
  const own = ownAddresses(pod);
  if (own.length > 0) for (const name of ownNames(pod, clusterDomain)) add(name, own);
  for (const { ip, hostnames = [] } of pod.spec?.hostAliases ?? [])
    for (const hostname of hostnames) add(hostname, [ip]);
  return hosts;
}

/** A Pod in the Node's network has the Node's file, in which its name does not stand. */
function ownAddresses({ spec, status }: Pod): readonly string[] {
  if (spec?.hostNetwork === true) return [];
  return (status?.podIPs ?? []).flatMap(({ ip }) => ip ?? []);
}

function ownNames({ metadata, spec }: Pod, clusterDomain: string): readonly string[] {
  const { hostname = metadata.name, subdomain = '' } = spec ?? {};
  if (subdomain === '') return [hostname];
  return [`${hostname}.${subdomain}.${metadata.namespace ?? ''}.svc.${clusterDomain}`, hostname];
}
