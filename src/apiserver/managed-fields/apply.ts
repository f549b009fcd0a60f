import { ApiError, formatTime, type KubeObject } from '../../api/index.ts';
import type { Target } from '../context.ts';
import { ApplyError } from './apply-error.ts';
import { checkConflicts } from './conflicts.ts';
import { difference, fieldSet, isEmptySet, NO_FIELDS, union, type FieldSet } from './field-set.ts';
import { isSameManager, readManagers, writeManagers } from './managers.ts';
import { mergeValues, removeFields, withStructFields } from './merge.ts';
import { fieldsSetBy } from './owned-fields.ts';
import {
  blank,
  changesOf,
  disowned,
  ownable,
  typeOf,
  withoutManagers,
  type Changes,
} from './ownership.ts';
import type { FieldType } from './typed-schema.ts';
import { managerId, type Writer } from './writer.ts';

/** A configuration to be applied, and how. */
export interface Configuration {
  readonly object: KubeObject;
  /** Take over what others own. */
  readonly isForced: boolean;
}

/**
 * What `live` becomes when `config` is applied; undefined for `live` where there is no such object yet.
 *
 * @throws ApiError Conflict when others own what is set differently, InternalError for what the schema does not have.
 * @see Kubernetes documentation, server-side apply
 */
export function applyConfiguration(
  live: KubeObject | undefined,
  { object: config, isForced }: Configuration,
  writer: Writer,
): KubeObject {
  const { target } = writer;
  const type = typeOf(target);
  const self = managerId(writer, 'Apply');
  const before = withoutManagers(live ?? blank(target));
  const managers = live === undefined ? [] : readManagers(live);
  const previous = managers.find((manager) => isSameManager(manager, self));
  const others = managers.filter((manager) => !isSameManager(manager, self));
  const fields = ownable(
    typed(target, config, () => fieldsSetBy(config, type)),
    target,
  );
  const merged = typed(target, config, () => mergeValues(before, config, type));
  const owned = [fields, ...others.map((manager) => manager.fields)].reduce(union);
  // Merging and pruning leave an object of its kind.
  const applied = prune(merged, {
    owned,
    previous: previous?.fields ?? NO_FIELDS,
    type,
  }) as KubeObject;
  const changes = changesOf(live, applied, target);
  if (!isForced) checkConflicts(others, changes.changed, applied);
  const isSame = previous !== undefined && isUnchanged(previous.fields, fields, changes);
  const time = isSame ? previous.time : formatTime(writer.now);
  return writeManagers(applied, [...disowned(others, changes), { ...self, time, fields }]);
}

function isUnchanged(before: FieldSet, after: FieldSet, { changed, removed }: Changes): boolean {
  const differences = [difference(after, before), difference(before, after), changed, removed];
  return differences.every(isEmptySet);
}

interface Pruning {
  /** What anybody owns from now on. */
  readonly owned: FieldSet;
  /** What the applier set the last time. */
  readonly previous: FieldSet;
  readonly type: FieldType;
}

/** Without what the applier set the last time, sets no more, and nobody else owns. */
function prune(merged: unknown, { owned, previous, type }: Pruning): unknown {
  if (isEmptySet(previous)) return merged;
  const gone = difference(withStructFields(previous, type), withStructFields(owned, type));
  return removeFields(merged, membersOf(gone), type);
}

/** A set whose inner nodes that are no members do not count as such. */
function membersOf(set: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, subset] of set.children) {
    const kept = membersOf(subset);
    if (!isEmptySet(kept)) children.set(element, kept);
  }
  return fieldSet(set.isMember, children);
}

/** What the schema refuses, as the API server words it. */
function typed<T>(target: Target, { metadata }: KubeObject, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ApplyError)) throw error;
    const { namespace = '', name } = metadata;
    const where = `${target.subresource === undefined ? '' : namespace}/${name}`;
    throw new ApiError(
      'InternalError',
      `failed to create typed patch object (${where}; ${target.definition.group}/${target.version}, Kind=${target.definition.kind}): ${error.path}: ${error.why}`,
    );
  }
}
