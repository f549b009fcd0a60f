import { isJsonObject, type JsonObject } from '../../api/index.ts';
import { decodeFields, encodeFields, type FieldSet } from './field-set.ts';

/** How many different sets are kept; the oldest goes first. */
const MAX_SHARED = 2000;
const byText = new Map<string, JsonObject>();
const decoded = new WeakMap<JsonObject, FieldSet>();
/** Of shared sets. */
const texts = new WeakMap<JsonObject, string>();
/** Of sets that were encoded before; those of creations come again and again. */
const encoded = new WeakMap<FieldSet, JsonObject>();

/**
 * The set as FieldsV1, one and the same for equal sets: ten thousand Pods of one template own the same fields, and their
 * lists of them would take more memory than all the rest.
 */
export function encodeShared(set: FieldSet): JsonObject {
  const before = encoded.get(set);
  if (before !== undefined) return before;
  const fields = shareFields(set);
  encoded.set(set, fields);
  return fields;
}

function shareFields(set: FieldSet): JsonObject {
  const fields = encodeFields(set);
  const text = JSON.stringify(fields);
  const known = byText.get(text);
  if (known !== undefined) return known;
  if (byText.size >= MAX_SHARED)
    for (const oldest of byText.keys()) {
      byText.delete(oldest);
      break;
    }
  byText.set(text, fields);
  texts.set(fields, text);
  decoded.set(fields, set);
  return fields;
}

/** FieldsV1 as JSON, written once for all who share it. */
export function jsonOfFields(fields: JsonObject): string {
  return texts.get(fields) ?? JSON.stringify(fields);
}

/** The set behind FieldsV1, read once from a shared one. */
export function decodeShared(fields: unknown): FieldSet {
  if (!isJsonObject(fields)) return decodeFields(fields);
  const known = decoded.get(fields);
  if (known !== undefined) return known;
  const set = decodeFields(fields);
  decoded.set(fields, set);
  return set;
}
