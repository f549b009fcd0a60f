/** JSON patches of an object, most of them right, and each kind of wrong one. */
import { damage, type Damaged, type Json, type Schema } from './damage.ts';
import type { Random } from './random.ts';

type Path = readonly (string | number)[];

/** Where nothing is, and what is no pointer. */
const POINTERS = [
  '',
  '/',
  '//',
  'spec',
  '/spec/~2',
  '/spec/nothing',
  '/spec/nothing/deeper',
  '/metadata/labels/a~1b',
  '/metadata/labels/-',
  '/metadata/name/x',
  '/metadata/labels/~0~1',
  '/metadata',
  '/metadata/managedFields',
  '/metadata/uid',
  '/metadata/resourceVersion',
  '/kind',
  '/spec',
  '/__proto__/x',
  '/metadata/constructor',
];
const INDICES = [
  '-',
  '0',
  '00',
  '01',
  '-1',
  '-2',
  '-9',
  '1',
  '9',
  '999999',
  'x',
  '',
  '1e0',
  ' 0',
  '+0',
];

/** A patch of one to three operations. */
export function jsonPatchOf(object: Json, schema: Schema, random: Random): unknown {
  if (random.chance(0.02)) return random.pick([{}, 'x', 5, [5], [null], [[]], ['x'], null, true]);
  const size = random.pick([1, 1, 1, 2, 3]);
  const places = placesOf(object, []);
  const damages = damagesOf(object, schema);
  return Array.from({ length: size }, () => operation({ damages, places, random }));
}

interface Ground {
  readonly damages: readonly Damaged[];
  readonly places: readonly Place[];
  readonly random: Random;
}

interface Place {
  readonly path: Path;
  readonly value: unknown;
}

/** Every value of the object with its place. */
function placesOf(value: unknown, path: Path): readonly Place[] {
  const below =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, item]) =>
          placesOf(item, [...path, Array.isArray(value) ? Number(key) : key]),
        )
      : [];
  return path.length === 0 ? below : [{ path, value }, ...below];
}

const known = new WeakMap<Json, readonly Damaged[]>();

function damagesOf(object: Json, schema: Schema): readonly Damaged[] {
  const found = known.get(object) ?? damage(object, schema);
  known.set(object, found);
  return found;
}

function operation(ground: Ground): unknown {
  const { random } = ground;
  const made = random.pick([change, change, change, test, test, transfer, transfer, odd])(ground);
  if (random.chance(0.97)) return made;
  const { [random.pick(Object.keys(made))]: _, ...rest } = made;
  return random.pick([
    rest,
    { ...made, op: random.pick(['bad', '', null, 5, 'Add', 'REMOVE']) },
    { ...made, path: random.pick([null, 5, [], {}]) },
    { ...made, more: 1 },
    { ...made, Value: 'x' },
  ]);
}

/** Something of the schema, right or wrong, put in or taken out. */
function change({ damages, random }: Ground): Json {
  const { path, value } = random.pick(damages);
  const pointer = pointerTo(path);
  if (value === undefined) return { op: 'remove', path: pointer };
  return { op: random.pick(['add', 'replace']), path: pointer, value };
}

function test({ damages, places, random }: Ground): Json {
  const { path, value } = random.pick(places);
  const other = random.pick([value, value, value, null, 'x', 0, {}, []]);
  if (random.chance(0.2))
    return { op: 'test', path: pointerTo(random.pick(damages).path), value: other };
  return { op: 'test', path: pointerTo(path), value: other };
}

function transfer({ damages, places, random }: Ground): Json {
  const from = pointerTo(random.pick(places).path);
  const to = random.chance(0.5)
    ? pointerTo(random.pick(places).path)
    : pointerTo(random.pick(damages).path);
  const below = random.chance(0.1) ? `${from}/x` : to;
  return { op: random.pick(['move', 'copy']), from, path: random.chance(0.1) ? from : below };
}

/** Pointers that lead nowhere, and indices of every form. */
function odd({ places, random }: Ground): Json {
  const lists = places.filter(({ value }) => Array.isArray(value));
  const list = random.chance(0.7) && lists.length > 0 ? random.pick(lists) : undefined;
  const path =
    list === undefined ? random.pick(POINTERS) : `${pointerTo(list.path)}/${random.pick(INDICES)}`;
  const op = random.pick(['add', 'remove', 'replace', 'test', 'move', 'copy']);
  if (op === 'remove') return { op, path };
  if (op === 'move' || op === 'copy') {
    const other = pointerTo(random.pick(places).path);
    return random.chance(0.5) ? { op, from: path, path: other } : { op, from: other, path };
  }
  const first: unknown = Array.isArray(list?.value) ? list.value[0] : 'x';
  return { op, path, value: random.pick([first, null, 'x', {}]) };
}

function pointerTo(path: Path): string {
  return path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
