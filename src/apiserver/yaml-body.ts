import { parseDocument } from 'yaml';
import { ApiError, type JsonObject } from '../api/index.ts';
import type { DecodedBody } from './body.ts';

/**
 * The object of a YAML body; JSON is YAML too.
 *
 * @throws ApiError BadRequest for what is no YAML object.
 */
export function parseYamlBody(text: string): DecodedBody {
  const document = parseDocument(text, { uniqueKeys: false, schema: 'core' });
  const [error] = document.errors;
  if (error !== undefined)
    throw new ApiError(
      'BadRequest',
      `error converting YAML to JSON: yaml: ${error.message.split('\n', 1)[0]}`,
    );
  const value: unknown = toJson(document);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ApiError('BadRequest', 'error decoding YAML: the body holds no object');
  // A YAML mapping as JSON has it.
  return { value: value as JsonObject, complaints: [] };
}

function toJson(document: ReturnType<typeof parseDocument>): unknown {
  try {
    // Aliases that would blow up are refused by their count.
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ApiError(
      'BadRequest',
      `error converting YAML to JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
