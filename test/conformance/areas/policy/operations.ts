import type { KubeObject, Store } from '../../../../src/api/index.ts';
import { CLUSTER_NETWORK_POLICY } from '../../../../src/policy/index.ts';
import { clusterNetworkPolicy, networkPolicy, type Operation, type PodName } from './cases.ts';

/** How Pods come and go where the rows are played. */
export interface Pods {
  readonly create: (pod: PodName, labels: Readonly<Record<string, string>>) => void;
  readonly delete: (pod: PodName) => void;
}

/** Does to a cluster what a row says; connections are the player's. */
export function applyOperation(store: Store, operation: Operation, pods: Pods): void {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- what is left is told apart below
  switch (operation.op) {
    case 'createPolicy':
    case 'createCNP':
      store.create(policyOf(operation));
      return;
    case 'updatePolicy':
    case 'updateCNP':
      store.update(policyOf(operation));
      return;
    case 'deletePolicy':
      store.delete({ kind: 'NetworkPolicy', namespace: operation.ns, name: operation.name });
      return;
    case 'deleteCNP':
      store.delete({ kind: CLUSTER_NETWORK_POLICY, name: operation.name });
      return;
    case 'openConnection':
      return;
    default:
      applyToObjects(store, operation, pods);
  }
}

function policyOf(
  operation: Extract<Operation, { readonly policy: object } | { readonly cnp: object }>,
): KubeObject {
  return 'policy' in operation
    ? networkPolicy(operation.policy)
    : clusterNetworkPolicy(operation.cnp);
}

type ObjectOperation = Extract<
  Operation,
  {
    readonly op:
      | 'setNamespaceLabels'
      | 'createNamespace'
      | 'setPodLabels'
      | 'createPod'
      | 'deletePod'
      | 'setNodeLabels';
  }
>;

function applyToObjects(store: Store, operation: ObjectOperation, pods: Pods): void {
  switch (operation.op) {
    case 'createNamespace': {
      const { ns, labels } = operation;
      const all = { ...labels, 'kubernetes.io/metadata.name': ns };
      store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns, labels: all } });
      return;
    }
    case 'setNamespaceLabels': {
      const { ns, labels } = operation;
      // The API server puts its own label back.
      const all = { ...labels, 'kubernetes.io/metadata.name': ns };
      relabel(store, store.get<string>('Namespace', undefined, ns), all);
      return;
    }
    case 'setPodLabels':
      relabel(store, store.get<string>('Pod', operation.ns, operation.pod), operation.labels);
      return;
    case 'setNodeLabels': {
      const node = store.get<string>('Node', undefined, operation.node);
      relabel(store, node, { ...node?.metadata.labels, ...operation.labels });
      return;
    }
    case 'createPod':
      pods.create(operation, operation.labels);
      return;
    case 'deletePod':
      pods.delete(operation);
      return;
    default:
      operation satisfies never;
  }
}

function relabel(
  store: Store,
  object: KubeObject | undefined,
  labels: Readonly<Record<string, string>>,
): void {
  if (object === undefined) throw new Error('the row labels what is not there');
  store.update({ ...object, metadata: { ...object.metadata, labels } });
}
