import { isCelList, isCelMap, isCelUint } from '@bufbuild/cel';

/** What an expression came to, as JSON; what JSON does not have is nothing. */
export function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (isCelUint(value)) return Number(value.value);
  if (isCelList(value)) return Array.from(value, toJson);
  if (Array.isArray(value)) return value.map(toJson);
  if (isCelMap(value) || value instanceof Map)
    return Object.fromEntries(Array.from(value, ([key, item]) => [String(key), toJson(item)]));
  const isPlain = ['string', 'number', 'boolean'].includes(typeof value);
  return isPlain || value === null ? value : undefined;
}
