import { isJsonObject, type JsonObject } from '../../patch/json.ts';

/** `Object{…}`, `Object.spec{…}`, `JSONPatch{…}`: the types that mutating policies write down. */
const TYPE = /^(?:Object(?:\.[\w.]+)?|JSONPatch)$/;

/**
 * Lets an expression's `Object{…}` be maps: the language knows no types of ours, and JSON is what comes of them.
 *
 * The tree was made for this and is changed in place.
 */
export function literalsAsMaps(tree: unknown): void {
  if (Array.isArray(tree)) for (const item of tree) literalsAsMaps(item);
  if (!isJsonObject(tree)) return;
  const { value } = tree;
  if (tree['case'] === 'structExpr' && isJsonObject(value) && isOurs(value)) asMap(value);
  for (const part of Object.values(tree)) literalsAsMaps(part);
}

function isOurs({ messageName }: JsonObject): boolean {
  return typeof messageName === 'string' && TYPE.test(messageName);
}

function asMap(literal: JsonObject): void {
  const entries = Array.isArray(literal['entries']) ? literal['entries'] : [];
  for (const entry of entries as readonly JsonObject[]) {
    const { keyKind } = entry;
    if (!isJsonObject(keyKind) || keyKind['case'] !== 'fieldKey') continue;
    const name = unescape(String(keyKind['value']));
    const text = {
      $typeName: 'cel.expr.Constant',
      constantKind: { case: 'stringValue', value: name },
    };
    const key = {
      $typeName: 'cel.expr.Expr',
      id: entry['id'],
      exprKind: { case: 'constExpr', value: text },
    };
    Object.assign(entry, { keyKind: { case: 'mapKey', value: key } });
  }
  Object.assign(literal, { messageName: '' });
}

/** @see KEP-2876, escaping of property names */
function unescape(name: string): string {
  const whole = /^__([a-z]+)__$/.exec(name)?.[1];
  if (whole !== undefined && !['underscores', 'dot', 'dash', 'slash'].includes(whole)) return whole;
  return name
    .replaceAll('__dot__', '.')
    .replaceAll('__dash__', '-')
    .replaceAll('__slash__', '/')
    .replaceAll('__underscores__', '__');
}
