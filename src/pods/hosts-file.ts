import type { Pod } from '../api/index.ts';

/** @see uapi/linux HOST_NAME_MAX */
const MAX_HOSTNAME = 63;

const LOOPBACK = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;

export interface PodNames {
  /** As `hostname` prints it. */
  readonly hostname: string;
  /** What follows the host name in the Pod's full name; '' when it has none. */
  readonly domain: string;
}

/**
 * What a Pod calls itself.
 *
 * @param clusterDomain `cluster.local`
 * @see kubernetes pkg/kubelet GeneratePodHostNameAndDomain; KEP-1797 setHostnameAsFQDN, KEP-4762 hostnameOverride
 */
export function podNames(pod: Pod, clusterDomain: string): PodNames {
  const { spec } = pod;
  if (spec?.hostnameOverride !== undefined) return { hostname: spec.hostnameOverride, domain: '' };
  if (spec?.hostNetwork === true) return { hostname: spec.nodeName ?? '', domain: '' };
  const short = spec?.hostname || truncate(pod.metadata.name);
  const domain = domainOf(pod, clusterDomain);
  const isFull = spec?.setHostnameAsFQDN === true && domain !== '';
  return { hostname: isFull ? `${short}.${domain}` : short, domain };
}

function domainOf({ metadata, spec }: Pod, clusterDomain: string): string {
  const subdomain = spec?.subdomain ?? '';
  return subdomain === '' ? '' : `${subdomain}.${metadata.namespace}.svc.${clusterDomain}`;
}

/**
 * A Pod's `/etc/hosts`.
 *
 * @see kubernetes pkg/kubelet managedHostsFileContent
 */
export function hostsFile(pod: Pod, podIPs: readonly string[], clusterDomain: string): string {
  const { hostNetwork = false, hostAliases = [] } = pod.spec ?? {};
  const { hostname, domain } = podNames(pod, clusterDomain);
  const short = domain === '' ? hostname : hostname.replace(`.${domain}`, '');
  const names = domain === '' ? short : `${short}.${domain}\t${short}`;
  const head = hostNetwork
    ? '# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n::1\tlocalhost\n'
    : `# Kubernetes-managed hosts file.\n${LOOPBACK}${podIPs.map((ip) => `${ip}\t${names}\n`).join('')}`;
  if (hostAliases.length === 0) return head;
  const aliases = hostAliases.map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join('\t')}\n`);
  return `${head}\n# Entries added by HostAliases.\n${aliases.join('')}`;
}

/** A name that fits a host name, and does not end in a dash or dot. */
function truncate(name: string): string {
  return name.length <= MAX_HOSTNAME ? name : name.slice(0, MAX_HOSTNAME).replace(/[-.]+$/, '');
}
