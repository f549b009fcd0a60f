import type { Deployment, ReplicaSet, StatefulSet } from '../../api/index.ts';
import { conditionsSection, pairs, type Part } from './parts.ts';

/** What owns Pods through a template: Deployment, ReplicaSet, StatefulSet. */
export function describeWorkload({
  spec,
  status,
}: Deployment | ReplicaSet | StatefulSet): readonly Part[] {
  const counts = { replicas: 0, readyReplicas: 0, availableReplicas: 0, ...status };
  const desired = spec?.replicas ?? 1;
  return [
    ['Selector', ...pairs(spec?.selector.matchLabels)],
    [
      'Replicas',
      `${desired} desired | ${counts.replicas} total | ${counts.readyReplicas} ready | ${counts.availableReplicas} available`,
    ],
    [
      'Images',
      ...(spec?.template?.spec?.containers ?? []).map(
        ({ name, image = '' }) => `${name}: ${image}`,
      ),
    ],
    conditionsSection(status?.conditions),
  ];
}
