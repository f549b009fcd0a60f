import type { JSONSchemaProps } from '../../types.ts';
import { schemaOrBool } from './json-schema.ts';

/** Where a path leads, or why it leads nowhere. */
export type FieldPath =
  | { readonly kind: 'field'; readonly names: readonly string[]; readonly schema: JSONSchemaProps }
  | { readonly kind: 'wrong'; readonly why: string };

/** Names and the characters between them; quoted texts are one. */
const TOKEN = /'(?:[^'\\]|\\.|\\)*?(?<!\\)'|[.[\]]|[^.[\]]+/gs;
const NO_FIELD = 'does not refer to a valid field';
const AT_END = 'unexpected end of JSON path';

/**
 * Follows a path of fields and keys, `.spec.color` or `.spec['a.b']`, through a schema.
 *
 * @param isDotted No brackets are allowed. @see apiextensions `cel.ValidFieldPath`
 */
export function followFieldPath(text: string, root: JSONSchemaProps, isDotted = false): FieldPath {
  const tokens = text.match(TOKEN) ?? [];
  const names: string[] = [];
  let schema = root;
  for (let index = 0; index < tokens.length;) {
    const part = readPart(tokens, index, isDotted);
    if ('why' in part) return { kind: 'wrong', why: part.why };
    const inner = innerSchema(schema, part.name);
    if (inner === undefined) return { kind: 'wrong', why: NO_FIELD };
    if (part.tokens > 2 && tokens[index + 2] === undefined) return { kind: 'wrong', why: AT_END };
    if (part.tokens > 2 && tokens[index + 2] !== ']')
      return { kind: 'wrong', why: `expected ] but got ${tokens[index + 2] ?? ''}` };
    names.push(part.name);
    schema = inner;
    index += part.tokens;
  }
  return { kind: 'field', names, schema };
}

type Part = { readonly name: string; readonly tokens: 2 | 3 } | { readonly why: string };

function readPart(tokens: readonly string[], index: number, isDotted: boolean): Part {
  const [first = '', second] = [tokens[index], tokens[index + 1]];
  if (first === '.') return second === undefined ? { why: AT_END } : { name: second, tokens: 2 };
  if (first !== '[') return { why: `expected [ or . but got: ${first}` };
  if (isDotted) return { why: 'array notation is not allowed' };
  if (second === undefined) return { why: AT_END };
  const quoted = /^'(.*)'$/s.exec(second);
  if (quoted === null) return { why: `expected single quoted string but got ${second}` };
  return { name: (quoted[1] ?? '').replaceAll(/\\(.)/gs, '$1'), tokens: 3 };
}

function innerSchema(schema: JSONSchemaProps, name: string): JSONSchemaProps | undefined {
  const { properties } = schema;
  if (properties !== undefined && Object.keys(properties).length > 0)
    return Object.hasOwn(properties, name) ? properties[name] : undefined;
  return schemaOrBool(schema.additionalProperties);
}
