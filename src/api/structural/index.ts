/** What a CustomResourceDefinition's schema does to objects: pruning, defaults, validation. */
import type { FieldError } from '../errors.ts';
import type { KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { JsonObject } from '../patch/json.ts';
import { evaluateRules } from './rules.ts';
import { withDefaults } from './defaults.ts';
import { pruneObject } from './prune.ts';
import type { StructuralSchema } from './schema.ts';
import { validateValue } from './validate.ts';

export { loadRuleEvaluator } from './rules.ts';
export type { StructuralSchema } from './schema.ts';
export { pruneObject, type Pruned } from './prune.ts';

/** What the store does with objects of a kind that has this schema. */
export function structuralRow(
  schema: StructuralSchema,
): Pick<KindRow<string>, 'defaults' | 'validate' | 'prune'> {
  return {
    prune: (object) => asObject(pruneObject(asJson(object), schema).value),
    // Defaults leave an object an object.
    defaults: (object) => asObject(withDefaults(asJson(object), schema) as JsonObject),
    validate: (object, old) => validateObject(object, old, schema),
  };
}

const SKIPPED: FieldError = {
  type: 'Invalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/** With one of these nothing is known for certain of what rules look at. @see apiextensions `hasBlockingErr` */
const BLOCKING: ReadonlySet<FieldError['type']> = new Set([
  'NotSupported',
  'Required',
  'TooLong',
  'TooMany',
  'TypeInvalid',
]);

/** Rules are looked at only where the object has the shape of its schema. */
function validateObject(
  object: KubeObject,
  old: KubeObject | undefined,
  schema: StructuralSchema,
): readonly FieldError[] {
  const errors = validateValue(object, schema, '');
  if (!errors.some(({ type }) => BLOCKING.has(type)))
    return [...errors, ...evaluateRules({ object, old, schema })];
  return hasRules(schema) ? [...errors, SKIPPED] : errors;
}

const withRules = new WeakMap<StructuralSchema, boolean>();

function hasRules(schema: StructuralSchema): boolean {
  const known = withRules.get(schema);
  if (known !== undefined) return known;
  const found = JSON.stringify(schema).includes('"x-kubernetes-validations"');
  withRules.set(schema, found);
  return found;
}

// An object of the API is JSON, and what a schema makes of it is one still.
const asJson = (object: KubeObject): JsonObject => object;
const asObject = (object: JsonObject): KubeObject => object as unknown as KubeObject;
