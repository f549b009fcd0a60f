import {
  ApiError,
  deepEqual,
  isJsonObject,
  type JsonObject,
  type KubeObject,
} from '../../api/index.ts';
import { apiVersionOf, type Target } from '../context.ts';
import { ApplyError } from './apply-error.ts';
import { conflictsOf, refuseConflicts } from './conflicts.ts';
import { NO_FIELDS, union } from './field-set.ts';
import { allowedByLastApplied, KUBECTL, withLastApplied } from './last-applied.ts';
import { isSameManager, readManagers, writeManagers, type Manager } from './managers.ts';
import { mergeValues } from './merge.ts';
import { fieldsSetBy } from './owned-fields.ts';
import {
  blank,
  changesBetween,
  changesOf,
  disowned,
  ownable,
  shown,
  typeOf,
  withoutManagers,
  type Changes,
} from './ownership.ts';
import { prune } from './prune.ts';
import { withoutReset } from './reset-fields.ts';
import { checkTyped } from './typed-value.ts';
import { managerId, timeOf, type Writer } from './writer.ts';

/** A configuration to be applied, and how. */
export interface Configuration {
  /** As it was sent. */
  readonly object: JsonObject;
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
  checkConfiguration(config, target);
  const self = managerId(writer, 'Apply');
  const managers = managersOf(live, writer);
  const previous = managers.find((manager) => isSameManager(manager, self));
  const others = managers.filter((manager) => manager !== previous);
  // What is merged in whole lacks what is only shown, and is something else then.
  const before = shown(withoutManagers(live ?? blank(target)), target) as KubeObject;
  const fields = withoutReset(fieldsSetBy(config, type), target);
  // Merging and pruning leave an object of its kind.
  const pruned = prune(mergeValues(before, config, type), {
    owned: [fields, ...others.map((manager) => manager.fields)].reduce(union),
    previous: previous?.fields ?? NO_FIELDS,
    type,
  }) as KubeObject;
  // Where nobody says its name any more.
  const applied = { ...pruned, metadata: pruned.metadata ?? {} };
  const changes = changesBetween(before, applied, target);
  if (!isForced) checkConflicts({ live, others, changes }, writer);
  const isSame = live !== undefined && deepEqual(before, applied);
  // Who claims nothing new is not heard of anew.
  const time = isSame ? (previous?.time ?? '') : timeOf(writer);
  const own = { ...self, time, fields: ownable(fields, target) };
  const object = writeManagers(isSame ? live : applied, [...disowned(others, changes), own]);
  return writer.manager === KUBECTL ? withLastApplied(object, config) : object;
}

/** Whose the fields are; those of an object that nobody is known to have set have an owner from now on. */
function managersOf(live: KubeObject | undefined, writer: Writer): readonly Manager[] {
  const managers = live === undefined ? [] : readManagers(live);
  if (live === undefined || managers.length > 0) return managers;
  const { changed } = changesOf(undefined, live, writer.target);
  const first = managerId({ ...writer, manager: 'before-first-apply' }, 'Update');
  return [{ ...first, time: timeOf(writer), fields: changed }];
}

interface Step {
  readonly live: KubeObject | undefined;
  readonly others: readonly Manager[];
  readonly changes: Changes;
}

/** @throws ApiError Conflict; not for what kubectl applied on the client's side before. */
function checkConflicts({ live, others, changes }: Step, { target, manager }: Writer): void {
  const conflicts = conflictsOf(others, changes.changed);
  if (conflicts.length === 0) return;
  const allowed =
    manager === KUBECTL && live !== undefined ? allowedByLastApplied(live, target) : undefined;
  refuseConflicts(conflicts, allowed ?? NO_FIELDS);
}

/** @throws ApiError InternalError for what the schema does not have. */
export function checkConfiguration(config: JsonObject, target: Target): void {
  try {
    checkTyped(config, typeOf(target));
  } catch (error) {
    if (!(error instanceof ApplyError)) throw error;
    throw new ApiError(
      'InternalError',
      `failed to create typed patch object (${showConfiguration(config, target)}): ${error.message}`,
    );
  }
}

/** A configuration as errors name it: `default/web; apps/v1, Kind=Deployment`. */
export function showConfiguration({ metadata }: JsonObject, target: Target): string {
  const apiVersion = apiVersionOf(target);
  const qualified = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  const place = `${nameIn(metadata, 'namespace')}/${nameIn(metadata, 'name')}`;
  return `${place}; ${qualified}, Kind=${target.definition.kind}`;
}

function nameIn(metadata: unknown, field: string): string {
  const value = isJsonObject(metadata) ? metadata[field] : undefined;
  return typeof value === 'string' ? value : '';
}
