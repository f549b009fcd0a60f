import type { FieldError } from '../errors.ts';
import type { KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';

/** What is known of a kind that few write, besides how it is printed. */
export type RareRules = Pick<
  KindRow<string>,
  'defaults' | 'prepareForCreate' | 'prepareForUpdate' | 'validate'
>;

type Validate = (object: KubeObject, old: KubeObject | undefined) => readonly FieldError[];

/** Modules that most runs never need: who brings such an object brings them. */
let validateDefinition: Validate | undefined;

const DEFINITION = 'CustomResourceDefinition';

/** Loads what judges `objects`; writes do not wait, so whoever writes awaits it first. */
export async function loadRareRules(objects: readonly KubeObject[]): Promise<void> {
  const needsDefinitions = objects.some(({ kind }) => kind === DEFINITION);
  if (needsDefinitions && validateDefinition === undefined)
    validateDefinition = (await import('./custom-resource-definition/index.ts')).validateDefinition;
}

/** Errors of a definition; none as long as nobody has brought one. */
export function definitionErrors(
  object: KubeObject,
  old: KubeObject | undefined,
): readonly FieldError[] {
  return validateDefinition?.(object, old) ?? [];
}
