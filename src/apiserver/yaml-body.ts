import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { ApiError, type JsonObject } from '../api/index.ts';
import type { DecodedBody } from './body.ts';

/**
 * The object of a YAML body; JSON is YAML too.
 *
 * @throws ApiError BadRequest for what is no YAML object.
 */
export function parseYamlBody(text: string): DecodedBody {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { uniqueKeys: false, schema: 'core', lineCounter });
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
  return { value: value as JsonObject, complaints: repeatedKeys(document, lineCounter) };
}

/** Keys that a mapping has twice, in the words of Go's decoder; none for a document without. */
function repeatedKeys(
  document: ReturnType<typeof parseDocument>,
  lineCounter: LineCounter,
): readonly string[] {
  const found: string[] = [];
  visit(document, {
    Map: (_, map) => {
      if (!isMap(map)) return;
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const line = lineCounter.linePos(key.range?.[0] ?? 0).line;
        if (seen.has(key.value))
          found.push(`  line ${line}: key ${JSON.stringify(key.value)} already set in map`);
        seen.add(key.value);
      }
    },
  });
  return found.length === 0 ? [] : [['yaml: unmarshal errors:', ...found].join('\n')];
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
