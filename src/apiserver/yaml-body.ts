import { isMap, isScalar, LineCounter, parseDocument, visit, type Tags } from 'yaml';
import { ApiError, type JsonObject } from '../api/index.ts';
import type { DecodedBody } from './body.ts';

/**
 * The object of a YAML body; JSON is YAML too.
 *
 * @throws ApiError BadRequest for what is no YAML object.
 */
export function parseYamlBody(text: string): DecodedBody {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    uniqueKeys: false,
    version: '1.1',
    customTags: (tags) => tags.filter(isKnown),
    lineCounter,
  });
  const [error] = document.errors;
  if (error !== undefined)
    throw new ApiError(
      'BadRequest',
      `error converting YAML to JSON: yaml: ${error.message.split('\n', 1)[0]}`,
    );
  const value: unknown = toJson(document);
  if (value === null) return { value: {}, complaints: [] };
  if (typeof value !== 'object' || Array.isArray(value)) {
    const got = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw new ApiError(
      'BadRequest',
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${got} into Go value of type map[string]interface {}`,
    );
  }
  // A YAML mapping as JSON has it.
  return { value: value as JsonObject, complaints: repeatedKeys(document, lineCounter) };
}

/** What YAML 1.1 knows and Go's reader takes for texts: times, and numbers to the base of 60. `yes` is true to both. */
function isKnown(tag: Tags[number]): boolean {
  if (typeof tag === 'string') return true;
  const [, name = ''] = tag.tag.split(',2002:');
  const isTime = 'format' in tag && tag.format === 'TIME';
  return !isTime && !['timestamp', 'binary', 'omap', 'pairs', 'set'].includes(name);
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
