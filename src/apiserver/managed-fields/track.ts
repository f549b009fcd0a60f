import type { KubeObject } from '../../api/index.ts';
import { toVersion } from '../convert.ts';
import { ApplyError } from './apply-error.ts';
import { difference, isEmptySet, NO_FIELDS, union } from './field-set.ts';
import { isSameManager, readManagers, writeManagers, type Manager } from './managers.ts';
import { changesOf, disowned } from './ownership.ts';
import { managerId, timeOf, type Writer } from './writer.ts';

/**
 * `object`, about to be stored in the place of `old`, with its writer as the owner of what it changes.
 *
 * An object whose `managedFields` are `[{}]` starts anew without any; one that has none keeps what is known. One whose
 * fields cannot be told apart, as items of a list without their keys, is nobody's.
 * @see k8s.io/apimachinery `FieldManager.UpdateNoErrors`
 */
export function trackUpdate(
  object: KubeObject,
  old: KubeObject | undefined,
  writer: Writer,
): KubeObject {
  try {
    return tracked(object, old, writer);
  } catch (error) {
    if (error instanceof ApplyError) return writeManagers(object, []);
    throw error;
  }
}

function tracked(object: KubeObject, old: KubeObject | undefined, writer: Writer): KubeObject {
  const managers = managersOf(object, old, writer);
  // What nobody is known to have set is left alone until somebody applies.
  if (old !== undefined && managers.length === 0) return writeManagers(object, []);
  const { definition, version } = writer.target;
  // A manager's fields are those of the version that it wrote.
  const before = old && toVersion(old, definition, version);
  const changes = changesOf(before, toVersion(object, definition, version), writer.target);
  const self = managerId(writer, 'Update');
  const others = managers.filter((manager) => !isSameManager(manager, self));
  const known = managers.find((manager) => isSameManager(manager, self));
  const kept = difference(known?.fields ?? NO_FIELDS, changes.removed);
  const own: Manager = {
    ...self,
    // Who claims nothing new is not heard of anew.
    time: known !== undefined && isEmptySet(changes.changed) ? known.time : timeOf(writer),
    fields: union(kept, changes.changed),
  };
  return writeManagers(object, [...disowned(others, changes), own]);
}

/** Those that the object says, unless it says none, or something else than the object is written. */
function managersOf(
  object: KubeObject,
  old: KubeObject | undefined,
  { target }: Writer,
): readonly Manager[] {
  const given: readonly object[] | undefined = object.metadata.managedFields;
  if (target.subresource !== undefined) return readManagers(old ?? object);
  if (isReset(given)) return [];
  const managers = readManagers(object);
  return managers.length === 0 && old !== undefined ? readManagers(old) : managers;
}

function isReset(entries: readonly object[] | undefined): boolean {
  if (entries === undefined || entries.length > 1) return false;
  const [first] = entries;
  return first === undefined || Object.keys(first).length === 0;
}
