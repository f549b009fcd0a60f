import { isJsonObject, type JsonObject, type KubeObject } from '../api/index.ts';
import { asObject, type DecodedBody } from './body.ts';
import { apiVersionOf, type Target } from './context.ts';
import { MAX_COMPLAINTS, readGoObject } from './go-json/index.ts';

/** A body as an object of its kind. */
export interface TypedBody {
  readonly value: KubeObject;
  /** Fields that are unknown or appear twice. */
  readonly complaints: readonly string[];
  /** Whether `complaints` tell unknown fields already. */
  readonly isPruned: boolean;
}

/**
 * A body as its kind's struct reads it, where there is one; other kinds are looked at by their schema.
 *
 * @throws ApiError BadRequest for another kind or namespace, and for fields of a wrong type.
 */
export function asTyped({ value, complaints }: DecodedBody, target: Target): TypedBody {
  const { definition } = target;
  const apiVersion = apiVersionOf(target);
  const { kind } = definition;
  const isOther = isGiven(value['apiVersion'], apiVersion) || isGiven(value['kind'], kind);
  const read =
    definition.origin === 'builtin' && !isOther
      ? readGoObject(withReset(value), { apiVersion, kind })
      : undefined;
  if (read === undefined) return { value: asObject(value, target), complaints, isPruned: false };
  // YAML is found fault with before anybody asks what its fields are.
  const all = complaints.some((text) => text.startsWith('yaml: '))
    ? [...complaints, ...read.complaints]
    : [...read.complaints, ...complaints];
  return {
    value: asObject(read.value, target),
    complaints: all.slice(0, MAX_COMPLAINTS),
    isPruned: true,
  };
}

/** No managers at all is what one that says nothing is: both take those of the object away. */
function withReset(value: JsonObject): JsonObject {
  const { metadata } = value;
  if (!isJsonObject(metadata) || !Array.isArray(metadata['managedFields'])) return value;
  return metadata['managedFields'].length > 0
    ? value
    : { ...value, metadata: { ...metadata, managedFields: [{}] } };
}

/** Whether the body says that it is something else. */
function isGiven(given: unknown, expected: string): boolean {
  return typeof given === 'string' && given !== '' && given !== expected;
}
