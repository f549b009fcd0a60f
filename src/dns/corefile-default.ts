/**
 * The Corefile that kubeadm installs.
 *
 * @param clusterDomain Without dots at its ends.
 * @see Kubernetes `cmd/kubeadm/app/phases/addons/dns/manifests.go`
 */
export function kubeadmCorefile(clusterDomain: string = 'cluster.local'): string {
  return `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${clusterDomain}
       disable denial ${clusterDomain}
    }
    loop
    reload
    loadbalance
}
`;
}
