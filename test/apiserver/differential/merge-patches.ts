/** Merge patches, and strategic ones with their directives, along the schema of an object. */
import { fieldSchema, itemSchema, variants, type Json, type Schema } from './damage.ts';
import type { Random } from './random.ts';

/** What of a patch is made. */
export interface PatchWay {
  readonly random: Random;
  /** With directives, and lists merged item by item. */
  readonly isStrategic: boolean;
}

/** A patch of a few fields, most of them right. */
export function mergePatchOf(object: Json, schema: Schema, way: PatchWay): unknown {
  const { random } = way;
  if (random.chance(0.01)) return random.pick([[], 'x', 5, null, true, [{}]]);
  const patch = fieldsOf(object, schema, way);
  // Most of what is at the top must not change.
  return Object.fromEntries(
    Object.entries(patch).filter(
      ([key, value]) =>
        random.chance(0.1) || !(key === 'apiVersion' || key === 'kind' || value === null),
    ),
  );
}

/** Of maps. */
const KEYS = ['k', 'example.org/x', 'Bad Key!'];
const UNTOUCHED = new Set(['creationTimestamp', 'selfLink', 'status']);

function fieldsOf(object: Json, schema: Schema, way: PatchWay): Json {
  const { random } = way;
  const known = Object.keys(object);
  const declared = Object.keys(schema.properties ?? {});
  const patch: Record<string, unknown> = {};
  const wanted = random.pick([1, 1, 1, 2, 3]);
  for (let count = 0; count < wanted; count += 1) {
    const some = known.length > 0 && random.chance(0.8) ? known : declared;
    const name = random.pick(some.length === 0 ? KEYS : some);
    const inner = fieldSchema(schema, name);
    if (UNTOUCHED.has(name) || inner === undefined) continue;
    patch[name] = valueOf(object[name], inner, way);
    if (way.isStrategic) addOrder(patch, { name, list: object[name], schema: inner, random });
  }
  if (random.chance(0.02)) patch['nonsense'] = random.pick([1, {}, null, 'x']);
  return way.isStrategic && random.chance(0.06) ? directed(object, patch, random) : patch;
}

function valueOf(given: unknown, schema: Schema, way: PatchWay): unknown {
  const { random } = way;
  if (random.chance(0.08)) return null;
  const isWalked = random.chance(0.85);
  if (isWalked && isFields(given)) return fieldsOf(given, schema, way);
  if (isWalked && Array.isArray(given)) return listOf(given, schema, way);
  const values = variants(given, schema);
  return values.length === 0 ? given : random.pick(values);
}

function listOf(given: readonly unknown[], schema: Schema, way: PatchWay): unknown {
  const { random, isStrategic } = way;
  const items = itemSchema(schema) ?? {};
  const mergeKey = schema['x-kubernetes-patch-merge-key'];
  const list: unknown[] = [];
  for (const item of given) {
    if (random.chance(0.4)) continue;
    list.push(isFields(item) ? itemOf(item, { items, mergeKey, way }) : item);
  }
  if (random.chance(0.2)) list.push(freshItem(given[0], mergeKey, random));
  if (isStrategic && random.chance(0.05))
    list.push({ $patch: random.pick(['replace', 'replace', 'merge', 'bad', 'delete']) });
  if (random.chance(0.03)) list.push(random.pick([null, 'x', 5, {}, []]));
  if (random.chance(0.1)) list.reverse();
  return list;
}

interface ItemWay {
  readonly items: Schema;
  readonly mergeKey: string | undefined;
  readonly way: PatchWay;
}

function itemOf(item: Json, { items, mergeKey, way }: ItemWay): unknown {
  const { random, isStrategic } = way;
  if (!isStrategic || mergeKey === undefined)
    return random.chance(0.6) ? item : { ...item, ...fieldsOf(item, items, way) };
  const named = { [mergeKey]: item[mergeKey] };
  if (random.chance(0.2)) return { ...named, $patch: 'delete' };
  const changed = { ...fieldsOf(item, items, way), ...named };
  if (random.chance(0.97)) return changed;
  const { [mergeKey]: _, ...rest } = changed;
  return rest;
}

/** Another item like one that is there. */
function freshItem(first: unknown, mergeKey: string | undefined, random: Random): unknown {
  if (!isFields(first)) return typeof first === 'number' ? first + 1 : 'example.org/fresh';
  if (mergeKey === undefined) return first;
  const key = first[mergeKey];
  const fresh = typeof key === 'number' ? key + random.below(3) : `${String(key)}2`;
  return { ...first, [mergeKey]: fresh };
}

interface OrderedList {
  readonly name: string;
  readonly list: unknown;
  readonly schema: Schema;
  readonly random: Random;
}

/** `$setElementOrder` and `$deleteFromPrimitiveList`, as kubectl writes them, or not. */
function addOrder(
  patch: Record<string, unknown>,
  { name, list, schema, random }: OrderedList,
): void {
  const own: unknown = patch[name];
  if (!Array.isArray(own)) return;
  const before: readonly unknown[] = Array.isArray(list) ? list : [];
  const mergeKey = schema['x-kubernetes-patch-merge-key'];
  if (random.chance(0.4)) {
    const fresh = own.filter((item) => !isFields(item) || !Object.hasOwn(item, '$patch'));
    const order = [...new Set([...(random.chance(0.7) ? fresh : []), ...before])].map((item) =>
      mergeKey !== undefined && isFields(item) ? { [mergeKey]: item[mergeKey] } : item,
    );
    const kept = order.filter(
      (item, index) =>
        order.findIndex((other) => JSON.stringify(other) === JSON.stringify(item)) === index,
    );
    if (random.chance(0.2)) kept.reverse();
    if (random.chance(0.1)) kept.pop();
    patch[`$setElementOrder/${name}`] = random.chance(0.03)
      ? random.pick(['x', null, {}, [5]])
      : kept;
  }
  const isScalar = before.length > 0 && !isFields(before[0]);
  if (isScalar ? random.chance(0.4) : random.chance(0.02))
    patch[`$deleteFromPrimitiveList/${name}`] = random.pick([
      before,
      ['x'],
      before.slice(1),
      'x',
      [],
    ]);
  if (random.chance(0.15)) delete patch[name];
}

/** With a directive for the whole map. */
function directed(object: Json, patch: Json, random: Random): Json {
  const names = [...new Set([...Object.keys(object), ...Object.keys(patch)])];
  return random.pick<Json>([
    { ...patch, $patch: 'replace' },
    { ...patch, $patch: 'delete' },
    { $patch: 'delete' },
    { ...patch, $patch: 'merge' },
    { ...patch, $patch: 'bad' },
    { ...patch, $patch: 5 },
    { ...patch, $retainKeys: Object.keys(patch) },
    { ...patch, $retainKeys: names.filter(() => random.chance(0.8)) },
    { ...patch, $retainKeys: 'x' },
  ]);
}

function isFields(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
