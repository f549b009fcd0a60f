import type { Store } from '../api/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import { createAnswerBytes, type AnswerBytes } from './answer-bytes.ts';
import { failure } from './answer.ts';
import { composeChain, type Plugin, type Resolve } from './chain.ts';
import { createForward, type Forward, type Upstream } from './plugins/forward/index.ts';
import { createKubernetes, type KubernetesOptions } from './plugins/kubernetes/index.ts';
import { RCODE } from './wire/index.ts';

export interface ClusterDnsOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Where names of the world are asked for; `off` refuses them. */
  readonly upstreams: readonly Upstream[] | 'off';
  /** @default 'cluster.local' */
  readonly clusterDomain?: string;
  /** Instead of what kubeadm's Corefile says. */
  readonly kubernetes?: KubernetesOptions;
  /** Where this server listens, so that it never asks itself. @default nowhere */
  readonly ownAddresses?: () => readonly Upstream[];
  /** Addresses that the server goes by in the cluster: those of the CoreDNS Pods. @default none */
  readonly localAddresses?: () => readonly string[];
}

/** The cluster's DNS: for this process, and as bytes for servers. */
export interface ClusterDns extends Disposable {
  readonly resolve: Resolve;
  readonly answerBytes: AnswerBytes;
}

const REFUSE: Plugin = (query) => {
  const what = `no upstream for ${query.name}`;
  query.explain?.({ part: 'forward', outcome: 'fail', what, because: 'upstreams are off' });
  return failure(RCODE.REFUSED);
};

/**
 * DNS as kubeadm sets it up: the cluster's zones with `pods insecure` and a TTL of 30 s, everything else upstream.
 */
export function createClusterDns(options: ClusterDnsOptions): ClusterDns {
  const { store, clock, random, log, upstreams, clusterDomain = 'cluster.local' } = options;
  const stack = new DisposableStack();
  let chain: Resolve | undefined;
  const resolve: Resolve = (query) => chain?.(query);
  const kubernetes = stack.use(
    createKubernetes(options.kubernetes ?? kubeadmOptions(clusterDomain), {
      store,
      now: () => clock.now(),
      resolve,
      ...(options.localAddresses === undefined ? {} : { localAddresses: options.localAddresses }),
    }),
  );
  const forward: Forward | undefined =
    upstreams === 'off'
      ? undefined
      : stack.use(
          createForward({
            upstreams,
            clock,
            random,
            ...(options.ownAddresses === undefined ? {} : { ownAddresses: options.ownAddresses }),
          }),
        );
  chain = composeChain([kubernetes.plugin, forward?.plugin ?? REFUSE]);
  const answerBytes = createAnswerBytes({
    resolve,
    revision: kubernetes.revision,
    hasAllClasses: forward !== undefined,
    onError: (error, { name }) => log.error('query failed', { part: 'dns', name, error }),
  });
  return { resolve, answerBytes, [Symbol.dispose]: () => stack.dispose() };
}

/** @see Kubernetes `cmd/kubeadm/app/phases/addons/dns/manifests.go` */
function kubeadmOptions(clusterDomain: string): KubernetesOptions {
  return {
    zones: [clusterDomain, 'in-addr.arpa', 'ip6.arpa'],
    pods: 'insecure',
    fallthrough: ['in-addr.arpa', 'ip6.arpa'],
    ttlSeconds: 30,
  };
}
