import { compileLabelSelector, type LabelSelector, type StoreReader } from '../api/index.ts';
import { keyOf, type KnownObject } from './change.ts';
import { controllerOf } from './owner.ts';

type OwnerKind = 'Deployment' | 'ReplicaSet' | 'StatefulSet' | 'DaemonSet' | 'Job';

/**
 * The keys of the owners of `kind` that a change of `object` concerns: its controller, or, of an orphan, all that
 * would adopt it.
 */
export function ownerKeys(
  object: KnownObject,
  kind: OwnerKind,
  reader: StoreReader,
): readonly string[] {
  const { namespace = '', labels } = object.metadata;
  const controller = controllerOf(object);
  if (controller !== undefined)
    return controller.kind === kind ? [`${namespace}/${controller.name}`] : [];
  if (labels === undefined || object.metadata.deletionTimestamp !== undefined) return [];
  return reader
    .list(kind, { namespace })
    .filter(({ spec }) => wouldSelect(spec?.selector, labels))
    .map(keyOf);
}

function wouldSelect(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  return selector !== undefined && compileLabelSelector(selector)(labels);
}
