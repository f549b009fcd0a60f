import { isJsonObject } from '../../api/index.ts';
import { jsonOfFields } from './shared-fields.ts';

/**
 * An object of the API as JSON.
 *
 * The fields that its managers own are most of the work, and the same for all objects of a template: they are written once.
 */
export function jsonWithManagers(object: object): string {
  const { metadata } = object as { readonly metadata?: unknown };
  const managers = isJsonObject(metadata) ? metadata['managedFields'] : undefined;
  if (!Array.isArray(managers) || !comesFirst('metadata', object)) return JSON.stringify(object);
  const marked = { ...object, metadata: { ...(metadata as object), managedFields: 0 } };
  return splice(marked, 'managedFields', `[${managers.map(jsonOfManager).join(',')}]`);
}

function jsonOfManager(manager: unknown): string {
  const fields = isJsonObject(manager) ? manager['fieldsV1'] : undefined;
  if (!isJsonObject(fields) || !comesFirst('fieldsV1', manager as object))
    return JSON.stringify(manager);
  return splice({ ...(manager as object), fieldsV1: 0 }, 'fieldsV1', jsonOfFields(fields));
}

/** Whether nothing but texts is before it: they neither are the mark nor hold it. */
function comesFirst(field: string, object: object): boolean {
  const fields = object as Readonly<Record<string, unknown>>;
  for (const name in fields) {
    if (name === field) return true;
    if (typeof fields[name] !== 'string') return false;
  }
  return false;
}

/** `object` as JSON, with `json` as the value of the first field of that name, which is 0. */
function splice(object: object, name: string, json: string): string {
  const text = JSON.stringify(object);
  const at = text.indexOf(`"${name}":0`) + name.length + 3;
  return `${text.slice(0, at)}${json}${text.slice(at + 1)}`;
}
