import { ApiError, type FieldError, type StatusDetails } from './errors.ts';
import type { KindDefinition } from './kind.ts';
import type { KubeObject } from './object.ts';

/** `Invalid value: VALUE: why`. */
export function invalidField(field: string, value: unknown, why: string): FieldError {
  const detail = why === '' ? '' : `: ${why}`;
  return { type: 'Invalid', field, message: `Invalid value: ${showValue(value)}${detail}` };
}

/** `Required value`, with what is meant. */
export function requiredField(field: string, why = ''): FieldError {
  return {
    type: 'Required',
    field,
    message: why === '' ? 'Required value' : `Required value: ${why}`,
  };
}

/** `Forbidden: why`. */
export function forbiddenField(field: string, why: string): FieldError {
  return { type: 'Forbidden', field, message: `Forbidden: ${why}` };
}

/** As Go prints a value of a field: texts quoted, everything else as JSON. */
function showValue(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

/** `deployments.apps`, as messages name a resource. */
export function resourceName(definition: KindDefinition): string {
  return qualify(definition.plural, definition.group);
}

/** What failures other than Invalid are about. */
export function resourceDetails(definition: KindDefinition, name: string): StatusDetails {
  return { name, group: definition.group, kind: definition.plural };
}

/** The failure of an object with wrong fields. */
export function invalidObject(
  definition: Pick<KindDefinition, 'group' | 'kind'>,
  name: string,
  causes: readonly FieldError[],
): ApiError {
  const kind = qualify(definition.kind, definition.group);
  const texts = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))];
  const what = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new ApiError('Invalid', `${kind} "${name}" is invalid: ${what}`, {
    causes,
    details: { name, group: definition.group, kind: definition.kind },
  });
}

/** The failure of a request whose options are wrong. @param kind `DeleteOptions` and the like */
export function invalidOptions(kind: string, causes: readonly FieldError[]): ApiError {
  return invalidObject({ group: 'meta.k8s.io', kind }, '', causes);
}

/** `services "web" not found`. */
export function notFound(definition: KindDefinition, name: string): ApiError {
  return new ApiError('NotFound', `${resourceName(definition)} "${name}" not found`, {
    details: resourceDetails(definition, name),
  });
}

/** `services "web" already exists`, though it may be on its way out. */
export function alreadyExists(definition: KindDefinition, { metadata }: KubeObject): ApiError {
  const { name, deletionTimestamp } = metadata;
  const message = `${resourceName(definition)} "${name}" already exists`;
  return new ApiError(
    'AlreadyExists',
    deletionTimestamp === undefined ? message : `object is being deleted: ${message}`,
    { details: resourceDetails(definition, name) },
  );
}

/** A write that another one came before. */
export function conflict(definition: KindDefinition, name: string, why: string): ApiError {
  return new ApiError(
    'Conflict',
    `Operation cannot be fulfilled on ${resourceName(definition)} "${name}": ${why}`,
    { details: resourceDetails(definition, name) },
  );
}

const qualify = (name: string, group: string): string => (group === '' ? name : `${name}.${group}`);
