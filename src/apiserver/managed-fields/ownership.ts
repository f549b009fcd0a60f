import { schemaOfKind, type KubeObject, type OpenApiSchema } from '../../api/index.ts';
import { apiVersionOf, type Target } from '../context.ts';
import { compareFields } from './compare.ts';
import { decodeFields, difference, type FieldSet } from './field-set.ts';
import { createdShape, withZeroes } from './go-zeroes.ts';
import type { Manager } from './managers.ts';
import { outlineOf } from './outline.ts';
import { withoutReset } from './reset-fields.ts';
import { ANY_TYPE, compileType, type FieldType } from './typed-schema.ts';

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

/** What a write does to fields that can be owned. */
export interface Changes {
  /** Set, or set to something else. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** How `after` differs from `before`, or from an object with nothing set. */
export function changesOf(
  before: KubeObject | undefined,
  after: KubeObject,
  target: Target,
): Changes {
  const given = withoutManagers(after);
  if (before === undefined) return creationOf(given, target);
  return changesBetween(shown(withoutManagers(before), target), shown(given, target), target);
}

/** How many outlines are kept of a kind's version, and how long they may be; the oldest goes first. */
const MAX_CREATIONS = 100;
const MAX_OUTLINE = 4096;
const creations = new WeakMap<Target['definition'], Map<string, Changes>>();

/** What a creation changes, worked out once for all objects with the same fields: most come from a few templates. */
function creationOf(object: KubeObject, target: Target): Changes {
  const { definition, version, subresource = '' } = target;
  const blankObject = shownBlank(target);
  const outline = outlineOf(object, blankObject, typeOf(target));
  if (outline.length > MAX_OUTLINE)
    return changesBetween(blankObject, shown(object, target), target);
  const known = creations.get(definition) ?? new Map<string, Changes>();
  creations.set(definition, known);
  const key = `${version} ${subresource} ${outline}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const changes = changesBetween(blankObject, shown(object, target), target);
  for (const oldest of known.keys()) {
    if (known.size < MAX_CREATIONS) break;
    known.delete(oldest);
  }
  known.set(key, changes);
  return changes;
}

/** How two objects differ that are both as the API server writes them. */
export function changesBetween(before: object, after: object, target: Target): Changes {
  const comparison = compareFields(before, after, typeOf(target));
  return {
    changed: ownable(comparison.changed, target),
    removed: withoutReset(comparison.removed, target),
  };
}

/** The managers without the fields that somebody else has changed or removed. */
export function disowned(
  managers: readonly Manager[],
  { changed, removed }: Changes,
): readonly Manager[] {
  return managers.map((manager) => ({
    ...manager,
    fields: difference(difference(manager.fields, changed), removed),
  }));
}

/** Of a set what this part of the API lets anybody own. */
export function ownable(set: FieldSet, target: Target): FieldSet {
  return withoutReset(difference(set, UNOWNED), target);
}

/** How the fields of the target's objects are merged. */
export function typeOf(target: Target): FieldType {
  const { definition, version } = target;
  if (definition.origin === 'builtin') {
    const schema = schemaOfKind(apiVersionOf(target), definition.kind);
    return schema === undefined ? ANY_TYPE : compileType(schema);
  }
  const schema = definition.schemas?.[version];
  if (typeof schema !== 'object' || schema === null) return ANY_TYPE;
  return customType(schema); // a schema of a CustomResourceDefinition
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

/** `object` without its managed fields. */
export function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** What is there before an object is created. */
export function blank(target: Target): KubeObject {
  const { kind, origin } = target.definition;
  const apiVersion = apiVersionOf(target);
  const fields = origin === 'builtin' ? createdShape(apiVersion, kind) : {};
  return { ...fields, apiVersion, kind, metadata: { name: '' } };
}

const blanks = new WeakMap<Target['definition'], Map<string, object>>();

/** What is there before an object is created, made once: it is looked at by every creation. */
function shownBlank(target: Target): object {
  const { definition, version } = target;
  const known = blanks.get(definition) ?? new Map<string, object>();
  blanks.set(definition, known);
  const found = known.get(version) ?? shown(withoutManagers(blank(target)), target);
  known.set(version, found);
  return found;
}

/** As the API server writes it, zeroes included. */
export function shown(object: KubeObject, target: Target): object {
  return target.definition.origin === 'builtin' ? withZeroes(object) : object;
}
