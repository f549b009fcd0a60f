/** Objects of kinds that few write, and what is wrong with them. */
import { prepareWrites, type KubeObject } from '../../../src/api/index.ts';
import { createKindsStore, refusals } from './admit.ts';

/** One row of a table. */
export interface Row {
  readonly name: string;
  /** Fields over those of the valid object. */
  readonly with: object;
  readonly errors: readonly string[];
}

/** A row about a change. */
export interface ChangeRow extends Row {
  /** Fields of the object before, over those of the valid one. @default none */
  readonly from?: object;
}

/** The valid object that a table's rows change, its rules loaded. */
export async function validObject(object: object): Promise<KubeObject> {
  const whole = object as KubeObject; // tests write whole objects
  await prepareWrites([whole]);
  return whole;
}

/** What is wrong with `object` and these fields over its own. */
export function refusalsWith(object: KubeObject, fields: object): readonly string[] {
  return refusals(() => createKindsStore().create(merged(object, fields)));
}

/** What is wrong with its change. */
export function changeRefusals(
  object: KubeObject,
  { from = {}, with: to }: ChangeRow,
): readonly string[] {
  const store = createKindsStore();
  store.create(merged(object, from));
  return refusals(() => store.update(merged(object, to)));
}

/** The object with these fields as it is stored. */
export function stored(object: KubeObject, fields: object = {}): KubeObject {
  return createKindsStore().create(merged(object, fields));
}

/** Maps are merged, everything else is replaced; undefined takes away. */
function merged<T extends object>(object: T, fields: object): T {
  const result: Record<string, unknown> = Object.fromEntries(Object.entries(object));
  for (const [name, value] of Object.entries(fields)) {
    const before = result[name];
    if (value === undefined) delete result[name];
    else if (isMap(value) && isMap(before)) result[name] = merged(before, value);
    else result[name] = value;
  }
  return result as T; // of the same fields, or what a test says
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
