/** Who owns which field of an object: what updates are recorded as, and server-side apply. */
import {
  ApiError,
  formatTime,
  schemaOfKind,
  type KubeObject,
  type OpenApiSchema,
} from '../../api/index.ts';
import { apiVersionOf, type Target } from '../context.ts';
import { ApplyError } from './apply-error.ts';
import { compareFields } from './compare.ts';
import {
  decodeFields,
  difference,
  fieldSet,
  intersection,
  isEmptySet,
  NO_FIELDS,
  pathsOf,
  showPath,
  union,
  type FieldSet,
} from './field-set.ts';
import { createdShape, withZeroes } from './go-zeroes.ts';
import {
  isSameManager,
  readManagers,
  writeManagers,
  type Manager,
  type ManagerId,
} from './managers.ts';
import { mergeValues, removeFields, withStructFields } from './merge.ts';
import { fieldsSetBy } from './owned-fields.ts';
import { ANY_TYPE, compileType, type FieldType } from './typed-schema.ts';

/** Who writes, and when. */
export interface Writer {
  readonly target: Target;
  readonly manager: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Fields that nobody owns: the server sets them, or they say what the object is. */
const UNOWNED = decodeFields({
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:name': {},
    'f:namespace': {},
    'f:creationTimestamp': {},
    'f:selfLink': {},
    'f:uid': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:resourceVersion': {},
  },
});

/**
 * `object`, about to be stored in the place of `old`, with its writer as the owner of what it changes.
 *
 * An object whose `managedFields` are `[{}]` starts anew without any; one that has none keeps what is known.
 */
export function trackUpdate(
  object: KubeObject,
  old: KubeObject | undefined,
  writer: Writer,
): KubeObject {
  const given = object.metadata.managedFields as readonly object[] | undefined;
  const isReset = given?.length === 1 && Object.keys(given[0] ?? {}).length === 0;
  if (isReset) return writeManagers(object, []);
  const managers = readManagers(
    given === undefined || given.length === 0 ? (old ?? object) : object,
  );
  const type = typeOf(writer.target);
  const before = withoutManagers(old ?? blank(writer.target));
  const comparison = compareFields(
    shown(before, writer.target),
    shown(withoutManagers(object), writer.target),
    type,
  );
  const changed = ownable(union(comparison.added, comparison.modified), writer.target);
  const self = managerId(writer, 'Update');
  const others = managers
    .filter((manager) => !isSameManager(manager, self))
    .map((manager) =>
      withFields(manager, difference(difference(manager.fields, changed), comparison.removed)),
    );
  const known = managers.find((manager) => isSameManager(manager, self));
  const kept = difference(known?.fields ?? NO_FIELDS, comparison.removed);
  const fields = union(kept, changed);
  const isUnchanged = isEmptySet(changed) && known !== undefined;
  const time = isUnchanged ? known.time : formatTime(writer.now);
  return writeManagers(object, [...others, { ...self, time, fields }]);
}

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
  const set = ownable(
    typed(target, config, () => fieldsSetBy(config, type)),
    target,
  );
  const merged = typed(target, config, () => mergeValues(before, config, type));
  const own: Manager = { ...self, time: previous?.time ?? '', fields: set };
  const others = managers.filter((manager) => !isSameManager(manager, self));
  const pruned = prune(merged, { others, own, previous: previous?.fields ?? NO_FIELDS, type });
  const applied = { ...before, ...(pruned as KubeObject) };
  const comparison = compareFields(
    shown(before, target),
    shown(pruned as KubeObject, target),
    type,
  );
  const changed = ownable(union(comparison.added, comparison.modified), target);
  if (!isForced) checkConflicts(others, changed, applied);
  const left = others.map((manager) =>
    withFields(manager, difference(difference(manager.fields, changed), comparison.removed)),
  );
  const isSame =
    previous !== undefined &&
    isEmptySet(difference(set, previous.fields)) &&
    isEmptySet(difference(previous.fields, set));
  const time =
    isSame && isEmptySet(changed) && isEmptySet(comparison.removed)
      ? own.time
      : formatTime(writer.now);
  return writeManagers(pruned as KubeObject, [...left, { ...own, time }]);
}

interface Pruning {
  readonly others: readonly Manager[];
  readonly own: Manager;
  /** What the applier set the last time. */
  readonly previous: FieldSet;
  readonly type: FieldType;
}

/** Without what the applier set the last time, sets no more, and nobody else owns. */
function prune(merged: unknown, { others, own, previous, type }: Pruning): unknown {
  if (isEmptySet(previous)) return merged;
  const named = (set: FieldSet): FieldSet => withStructFields(set, type);
  const owned = [own, ...others].map(({ fields }) => fields).reduce(union);
  const gone = difference(named(previous), named(owned));
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

/** @throws ApiError Conflict, with a cause a field. */
function checkConflicts(others: readonly Manager[], changed: FieldSet, object: KubeObject): void {
  const conflicts = others
    .flatMap((manager) => {
      const who = conflictingName(manager, object);
      return [...pathsOf(intersection(manager.fields, changed))].map((path) => ({
        who,
        field: showPath(path),
      }));
    })
    .toSorted((a, b) => compare(a.who, b.who));
  if (conflicts.length === 0) return;
  throw new ApiError('Conflict', conflictMessage(conflicts), {
    otherCauses: conflicts.map(({ who, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${who}`,
      field,
    })),
  });
}

interface FieldConflict {
  readonly who: string;
  readonly field: string;
}

const compare = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

/** `"m1"`, and what tells it from others of that name. */
function conflictingName(
  { name, subresource, operation, apiVersion, time }: Manager,
  { apiVersion: own }: KubeObject,
): string {
  const as = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  const using =
    operation === 'Update'
      ? ` using ${apiVersion}`
      : apiVersion === own
        ? ''
        : ` using ${apiVersion}`;
  const at = operation === 'Update' && time !== '' ? ` at ${time}` : '';
  return `${JSON.stringify(name)}${as}${using}${at}`;
}

function conflictMessage(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined)
    return `Apply failed with 1 conflict: conflict with ${first.who}: ${first.field}`;
  const groups = Map.groupBy(conflicts, ({ who }) => who);
  const lists = [...groups].map(
    ([who, fields]) =>
      `conflicts with ${who}:\n${fields.map(({ field }) => `- ${field}`).join('\n')}`,
  );
  return `Apply failed with ${conflicts.length} conflicts: ${lists.join('\n')}`;
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
      `failed to create typed patch object (${where}; ${apiVersionOf(target)}, Kind=${target.definition.kind}): ${error.path}: ${error.why}`,
    );
  }
}

function managerId({ target, manager }: Writer, operation: Manager['operation']): ManagerId {
  return {
    name: manager,
    operation,
    apiVersion: apiVersionOf(target),
    subresource: target.subresource ?? '',
  };
}

const withFields = (manager: Manager, fields: FieldSet): Manager => ({ ...manager, fields });

/** Of a set what this part of the API lets anybody own. */
function ownable(set: FieldSet, { definition, subresource }: Target): FieldSet {
  const owned = difference(set, UNOWNED);
  if (!definition.hasStatus) return owned;
  const status = owned.children.get('f:status');
  if (subresource === 'status')
    return fieldSet(false, status === undefined ? new Map() : new Map([['f:status', status]]));
  if (status === undefined) return owned;
  const children = new Map(owned.children);
  children.delete('f:status');
  return fieldSet(owned.isMember, children);
}

function typeOf(target: Target): FieldType {
  const { definition, version } = target;
  if (definition.origin === 'builtin') {
    const schema = schemaOfKind(apiVersionOf(target), definition.kind);
    return schema === undefined ? ANY_TYPE : compileType(schema);
  }
  const schema = definition.schemas?.[version];
  if (typeof schema !== 'object' || schema === null) return ANY_TYPE;
  return customType(schema as OpenApiSchema); // a schema of a CustomResourceDefinition
}

const customTypes = new WeakMap<object, FieldType>();
const META = { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };

/** With the fields that every object has. */
function customType(schema: OpenApiSchema): FieldType {
  const known = customTypes.get(schema);
  if (known !== undefined) return known;
  const text: OpenApiSchema = { type: 'string' };
  const type = compileType({
    ...schema,
    type: 'object',
    properties: { ...schema.properties, apiVersion: text, kind: text, metadata: META },
  });
  customTypes.set(schema, type);
  return type;
}

function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** What is there before an object is created. */
function blank(target: Target): KubeObject {
  const { kind, origin } = target.definition;
  const apiVersion = apiVersionOf(target);
  const fields = origin === 'builtin' ? createdShape(apiVersion, kind) : {};
  return { ...fields, apiVersion, kind, metadata: { name: '' } };
}

/** As the API server writes it, zeroes included. */
function shown(object: KubeObject, target: Target): object {
  return target.definition.origin === 'builtin' ? withZeroes(object) : object;
}
