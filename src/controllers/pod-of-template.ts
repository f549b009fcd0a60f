import type { Pod, PodTemplateSpec } from '../api/index.ts';
import type { KnownObject } from './change.ts';
import { defined } from './defined.ts';
import { ownerReferenceTo } from './owner.ts';

/** The Pod that a template makes, owned by `owner` and without a name yet. @see kubernetes controller_utils.go `GetPodFromTemplate` */
export function podOfTemplate(template: PodTemplateSpec | undefined, owner: KnownObject): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const { name, namespace } = owner.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${name}-`,
      ...defined({ namespace, labels, annotations, finalizers }),
      ownerReferences: [ownerReferenceTo(owner)],
    },
    ...defined({ spec: template?.spec }),
  };
}
