import type { Node } from '../../api/index.ts';
import { kubeletLabels, kubeletStatus, nodeAddress } from './node-status.ts';

const ZONES = ['zone-a', 'zone-b', 'zone-c'] as const;
const REGION = 'region-1';

/**
 * The Nodes of a cluster whose manifests name none: node-1, node-2, …, in turn in zone-a, zone-b and zone-c, with the
 * addresses 10.0.0.11, 10.0.0.12, … and everything that a kubelet reports.
 *
 * @param now Milliseconds since 1970, for the conditions' times.
 */
export function defaultNodes(count: number, now: number): readonly Node[] {
  return Array.from({ length: count }, (_, index): Node => {
    const name = `node-${index + 1}`;
    const node: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          ...kubeletLabels(name),
          'topology.kubernetes.io/region': REGION,
          'topology.kubernetes.io/zone': ZONES[index % ZONES.length] ?? ZONES[0],
        },
      },
    };
    return { ...node, status: kubeletStatus(node, nodeAddress(index), now) };
  });
}
