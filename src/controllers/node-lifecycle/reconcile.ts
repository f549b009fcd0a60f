import type { Node } from '../../api/index.ts';
import { update, updateStatus, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';
import {
  internalAddress,
  isUnregistered,
  kubeletLabels,
  kubeletStatus,
  nodeAddress,
} from './node-status.ts';
import { lifecycleTaints } from './node-taints.ts';

/**
 * Stands in for the kubelets' registration and for kube-controller-manager's node-lifecycle-controller: gives Nodes from
 * manifests the addresses, conditions and labels that they lack, and taints for what their conditions say.
 */
export function createNodeLifecycleController(): Controller {
  return {
    name: 'node-lifecycle-controller',
    eventSource: 'node-controller',
    watches: [watchKind('Node', ({ metadata }) => [metadata.name])],
    reconcile: reconcileNode,
  };
}

function reconcileNode(name: string, snapshot: Snapshot): readonly Change[] {
  const node = snapshot.get('Node', undefined, name);
  if (node === undefined || node.metadata.deletionTimestamp !== undefined) return [];
  return [...labelAndTaint(node, snapshot), ...register(node, snapshot)];
}

function labelAndTaint(node: Node, { now }: Snapshot): readonly Change[] {
  const { labels = {}, name } = node.metadata;
  const all = { ...kubeletLabels(name), ...labels };
  const taints = lifecycleTaints(node, now);
  const isLabelled = Object.keys(all).length === Object.keys(labels).length;
  if (isLabelled && taints === (node.spec?.taints ?? taints)) return [];
  const { taints: _, ...spec } = node.spec ?? {};
  return [
    update({
      ...node,
      metadata: { ...node.metadata, labels: all },
      spec: taints.length === 0 ? spec : { ...spec, taints },
    }),
  ];
}

function register(node: Node, snapshot: Snapshot): readonly Change[] {
  if (!isUnregistered(node)) return [];
  const { resourceVersion: _, ...metadata } = node.metadata;
  const address = internalAddress(node) ?? freeAddress(snapshot);
  return [updateStatus({ ...node, metadata, status: kubeletStatus(node, address, snapshot.now) })];
}

/** The lowest address from 10.0.0.11 on that no Node has. */
function freeAddress(snapshot: Snapshot): string {
  const used = new Set(snapshot.list('Node').map(internalAddress));
  let index = 0;
  while (used.has(nodeAddress(index))) index += 1;
  return nodeAddress(index);
}
