/** Where a reader is, and what it found so far. */
export interface Place {
  /** Names of the fields that lead here, without indices and keys. */
  readonly fields: string[];
  /** The same with indices and keys. */
  readonly strict: (string | number)[];
  /** The struct whose field it is. */
  struct: string | undefined;
  readonly unknown: Set<string>;
  /** The first value of a wrong type; reading goes on after it. */
  error: string | undefined;
}

/** More complaints are not kept: a body can have as many as it has fields. @see sigs.k8s.io/json `saveStrictError` */
export const MAX_COMPLAINTS = 100;

/** Notes the field that `place.strict` leads to. */
export function noteUnknown({ strict, unknown }: Place): void {
  if (unknown.size >= MAX_COMPLAINTS) return;
  const path = strict.map((step, at) => {
    if (typeof step === 'number') return `[${step}]`;
    return at === 0 ? step : `.${step}`;
  });
  unknown.add(`unknown field ${JSON.stringify(path.join(''))}`);
}

/** What ends reading at once: a type that reads its own JSON does not like what it got. */
export class Problem extends Error {}

/** Keeps the first error of a value that its type cannot hold. */
export function mistype(place: Place, got: string, wanted: string): undefined {
  place.error ??= typeError(place, got, wanted);
  return undefined;
}

/** `json: cannot unmarshal string into Go struct field PodSpec.spec.hostname of type string`. */
export function typeError({ struct, fields }: Place, got: string, wanted: string): string {
  const where = struct === undefined ? 'value' : `struct field ${struct}.${fields.join('.')}`;
  return `json: cannot unmarshal ${got} into Go ${where} of type ${wanted}`;
}

/** What Go calls a JSON value. */
export function goValue(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
