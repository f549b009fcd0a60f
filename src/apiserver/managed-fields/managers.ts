import { isJsonObject, type KubeObject } from '../../api/index.ts';
import { isEmptySet, union, type FieldSet } from './field-set.ts';
import { decodeShared, encodeShared } from './shared-fields.ts';

/** Somebody who set fields of an object, and the fields. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
  /** RFC 3339; '' where it was never told. */
  readonly time: string;
  readonly fields: FieldSet;
}

/** What makes a manager another one. */
export type ManagerId = Pick<Manager, 'name' | 'operation' | 'apiVersion' | 'subresource'>;

/** How many managers that update are told apart; @see apiserver `DefaultMaxUpdateManagers` */
const MAX_UPDATE_MANAGERS = 10;
const ANCIENT = 'ancient-changes';

/** Whether two are the same manager: who applies is one in every version. */
export function isSameManager(left: ManagerId, right: ManagerId): boolean {
  return (
    left.name === right.name &&
    left.operation === right.operation &&
    (left.operation === 'Apply' || left.apiVersion === right.apiVersion) &&
    left.subresource === right.subresource
  );
}

/** The managers of an object; none where one of them cannot be read. @see apimachinery `DecodeManagedFields` */
export function readManagers({ metadata }: KubeObject): readonly Manager[] {
  const entries: readonly unknown[] = metadata.managedFields ?? [];
  if (!entries.every(isReadable)) return [];
  return entries.filter(isJsonObject).map((entry) => ({
    name: textOf(entry['manager']),
    operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
    apiVersion: textOf(entry['apiVersion']),
    subresource: textOf(entry['subresource']),
    time: textOf(entry['time']),
    fields: decodeShared(entry['fieldsV1']),
  }));
}

function isReadable(entry: unknown): boolean {
  if (!isJsonObject(entry)) return false;
  const { operation, apiVersion, fieldsType } = entry;
  const isKnown = operation === 'Apply' || operation === 'Update';
  return isKnown && textOf(apiVersion) !== '' && fieldsType === 'FieldsV1';
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `object` with these managers in its metadata, in the API server's order. */
export function writeManagers(object: KubeObject, managers: readonly Manager[]): KubeObject {
  const managedFields = capped(managers.filter(({ fields }) => !isEmptySet(fields)))
    .toSorted(byOperationAndTime)
    .map(({ name, operation, apiVersion, subresource, time, fields }) => ({
      manager: name,
      operation,
      apiVersion,
      ...(time !== '' && { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: encodeShared(fields),
      ...(subresource !== '' && { subresource }),
    }));
  const { managedFields: _old, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: managedFields.length === 0 ? metadata : { ...metadata, managedFields },
  };
}

/** Those who apply first, then by time, then by name. */
function byOperationAndTime(left: Manager, right: Manager): number {
  return (
    compareTexts(left.operation, right.operation) ||
    compareTexts(left.time, right.time) ||
    compareTexts(left.name, right.name) ||
    compareTexts(left.apiVersion, right.apiVersion) ||
    compareTexts(left.subresource, right.subresource)
  );
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/** With too many who update, the oldest become one. */
function capped(managers: readonly Manager[]): readonly Manager[] {
  const updating = managers.filter(({ operation }) => operation === 'Update');
  const excess = updating.length - MAX_UPDATE_MANAGERS;
  if (excess <= 0) return managers;
  const oldest = updating.toSorted((a, b) => compareTexts(a.time, b.time)).slice(0, excess + 1);
  const byVersion = Map.groupBy(oldest, ({ apiVersion }) => apiVersion);
  const merged = [...byVersion].map(([apiVersion, group]): Manager => ({
    name: ANCIENT,
    operation: 'Update',
    apiVersion,
    subresource: '',
    time: group.at(-1)?.time ?? '',
    fields: group.map(({ fields }) => fields).reduce(union),
  }));
  return [...managers.filter((manager) => !oldest.includes(manager)), ...merged];
}
