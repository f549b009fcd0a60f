/** Clusters of a thousand policies over ten thousand Pods. */
import type { KubeObject, Store } from '../../src/api/index.ts';

export const PODS = 10_000;
export const NAMESPACES = 100;
const APPS = 10;
/** After so many Pods their apps begin again. */
export const SAME_APP: number = NAMESPACES * APPS;

export const namespaceOf = (index: number): string => `ns-${index % NAMESPACES}`;
export const podNameOf = (index: number): string => `pod-${index}`;

/** Namespaces, Pods, and so many policies. */
export function fill(store: Store, policies: number): void {
  for (let index = 0; index < NAMESPACES; index += 1)
    store.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespaceOf(index), labels: { team: `t${index % APPS}` } },
    });
  for (let index = 0; index < PODS; index += 1) store.create(podOf(index));
  for (let index = 0; index < policies; index += 1) store.create(policyOf(index));
}

function podOf(index: number): KubeObject {
  const ports = [{ name: 'http', containerPort: 8080 }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: namespaceOf(index),
      name: podNameOf(index),
      labels: { app: appOf(index), pod: String(index) },
    },
    spec: { containers: [{ name: 'c', image: 'x', ports }] },
  };
}

function appOf(index: number): string {
  return `app-${Math.floor(index / NAMESPACES) % APPS}`;
}

const NO_OUTCAST = {
  matchExpressions: [{ key: 'role', operator: 'NotIn', values: ['outcast'] }],
};

/** One for each app of each Namespace, in turn: a Pod is selected by one at most. */
function policyOf(index: number): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: namespaceOf(index), name: `np-${index}` },
    spec: {
      podSelector: { matchLabels: { app: appOf(index) } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { team: 't1' } }, podSelector: NO_OUTCAST }],
          ports: [{ port: 'http' }],
        },
      ],
      egress: [{ to: [{ ipBlock: { cidr: '10.244.0.0/16' } }], ports: [{ port: 8080 }] }],
    },
  };
}

/** A policy of the cluster, about every Pod. */
export function clusterPolicyOf(action: 'Accept' | 'Deny'): KubeObject {
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name: 'all' },
    spec: {
      tier: 'Admin',
      priority: 1,
      subject: { namespaces: {} },
      ingress: [{ action, from: [{ namespaces: {} }] }],
    },
  };
}
