/** What an applier says of an object: a part of it, with other values, and now and then what no schema allows. */
import { fieldSchema, itemSchema, variants, type Json, type Schema } from './damage.ts';
import type { Random } from './random.ts';

/** How much of an object is said, and how. */
export interface Said {
  /** How often a field is taken, of 1. */
  readonly share: number;
  /** How often a value is another one, of 1. */
  readonly change: number;
  /** How often something is wrong with a value, of 1. */
  readonly wrong: number;
}

/** Part of `object` with its type and name, as `said` has it. */
export function configurationOf(
  object: Json,
  schema: Schema,
  { random, said }: { readonly random: Random; readonly said: Said },
): Json {
  const { apiVersion, kind, metadata, ...rest } = object;
  const way = { random, said };
  const { name, ...more } = metadata as Json; // every sample has one
  const meta = fieldSchema(schema, 'metadata') ?? {};
  const own = random.chance(0.6) ? partOf({ ...more, ...EXTRA }, meta, way) : {};
  return { apiVersion, kind, metadata: { name, ...own }, ...partOf(rest, schema, way) };
}

/** Of the metadata that every object may have. */
const EXTRA = {
  labels: { app: 'one', tier: 'a', 'example.org/x': '' },
  annotations: { note: 'a', other: 'b' },
  finalizers: ['example.org/one', 'example.org/two'],
  ownerReferences: [
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: '00000000-0000-0000-0000-000000000001' },
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'p', uid: '00000000-0000-0000-0000-000000000002' },
  ],
} as const;

interface Way {
  readonly random: Random;
  readonly said: Said;
}

function partOf(object: Json, schema: Schema, way: Way): Json {
  const { random, said } = way;
  const part: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    if (!random.chance(said.share)) continue;
    part[name] = valueOf(value, fieldSchema(schema, name) ?? {}, way);
  }
  if (random.chance(said.wrong)) part['nonsense'] = random.pick([1, {}, null, 'x']);
  return part;
}

function valueOf(value: unknown, schema: Schema, way: Way): unknown {
  const { random, said } = way;
  if (random.chance(said.wrong)) {
    const values = [...variants(value, schema), null, {}, []];
    return random.pick(values);
  }
  if (Array.isArray(value)) return listOf(value, schema, way);
  if (isFields(value)) return random.chance(0.03) ? {} : partOf(value, schema, way);
  return random.chance(said.change) ? another(value, random) : value;
}

function listOf(list: readonly unknown[], schema: Schema, way: Way): readonly unknown[] {
  const { random, said } = way;
  const items = itemSchema(schema) ?? {};
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const part = list
    .filter(() => random.chance((1 + said.share) / 2))
    .map((item) => (isFields(item) ? itemOf(item, { items, keys, way }) : item));
  if (random.chance(said.change)) part.push(...freshItems(list[0], keys));
  if (random.chance(said.wrong) && part.length > 0) part.push(part[0]);
  if (random.chance(said.wrong)) part.push(random.pick([null, 'x', {}, [], 5]));
  if (random.chance(0.15)) part.reverse();
  return part;
}

interface ItemWay {
  readonly items: Schema;
  readonly keys: readonly string[];
  readonly way: Way;
}

/** An item with its keys, most of the time. */
function itemOf(item: Json, { items, keys, way }: ItemWay): unknown {
  // Items of lists without keys are taken as they are or not at all.
  if (keys.length === 0 && way.random.chance(0.7)) return item;
  const given = Object.fromEntries(
    keys
      .filter((key) => Object.hasOwn(item, key) && !way.random.chance(way.said.wrong))
      .map((key) => [key, item[key]]),
  );
  return { ...partOf(item, items, way), ...given };
}

function freshItems(first: unknown, keys: readonly string[]): readonly unknown[] {
  if (typeof first === 'string') return ['example.org/fresh'];
  if (!isFields(first)) return [];
  const changed = keys.map((key) => {
    const value = first[key];
    return [key, typeof value === 'number' ? value + 1 : `${String(value)}2`];
  });
  return [{ ...first, ...Object.fromEntries(changed.slice(0, 1)) }];
}

function another(value: unknown, random: Random): unknown {
  if (typeof value === 'number') return value + random.pick([1, 2, -1]);
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return random.pick([`${value}2`, `${value}b`, '', 'x']);
  return value;
}

function isFields(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
