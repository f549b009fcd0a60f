import {
  celFunc,
  celMethod,
  CelScalar,
  isCelList,
  isCelMap,
  isCelUint,
  listType,
  type CelFunc,
  type CelInput,
  type CelList,
  type CelValue,
} from '@bufbuild/cel';

const { BOOL, INT, DYN } = CelScalar;
const ANYTHING = listType(DYN);
const MAX_RANGE = 1_000_000n;

/** What Kubernetes adds for lists, and for lists as sets. @see cel-go `ext`, Lists and Sets; apiserver `cel/library`, Lists */
export function collectionFunctions(): readonly CelFunc[] {
  return [...lists(), ...orders(), ...sets()];
}

function valuesOf(list: unknown): readonly CelValue[] {
  return [...(list as CelList)]; // the language has looked at its type
}

function lists(): readonly CelFunc[] {
  return [
    celMethod('sum', ANYTHING, [], DYN, function sum() {
      const items = valuesOf(this);
      return items.every((item) => typeof item === 'bigint')
        ? items.reduce((total: bigint, item) => total + item, 0n)
        : items.reduce((total: number, item) => total + Number(item), 0);
    }),
    celMethod('indexOf', ANYTHING, [DYN], INT, function indexOf(wanted) {
      return BigInt(valuesOf(this).findIndex((item) => isSame(item, wanted)));
    }),
    celMethod('lastIndexOf', ANYTHING, [DYN], INT, function lastIndexOf(wanted) {
      return BigInt(valuesOf(this).findLastIndex((item) => isSame(item, wanted)));
    }),
    celMethod('distinct', ANYTHING, [], ANYTHING, function distinct() {
      const seen = new Map<string, CelValue>();
      for (const item of valuesOf(this)) {
        const text = textOf(item);
        if (!seen.has(text)) seen.set(text, item);
      }
      return [...seen.values()];
    }),
    celMethod('flatten', ANYTHING, [], ANYTHING, function flatten() {
      return flattened(valuesOf(this), 1);
    }),
    celMethod('flatten', ANYTHING, [INT], ANYTHING, function flattenTo(depth) {
      if (depth < 0n) throw new Error('level must be non-negative');
      return flattened(valuesOf(this), Number(depth));
    }),
    celMethod('reverse', ANYTHING, [], ANYTHING, function reverse() {
      return valuesOf(this).toReversed();
    }),
    celMethod('slice', ANYTHING, [INT, INT], ANYTHING, function slice(start, end) {
      const items = valuesOf(this);
      if (start < 0n || end < 0n || start > end || end > items.length)
        throw new Error(`cannot slice(${start}, ${end}), list is length ${items.length}`);
      return items.slice(Number(start), Number(end));
    }),
    celFunc('lists.range', [INT], listType(INT), (count) => {
      if (count > MAX_RANGE) throw new Error('the range is too long');
      return Array.from({ length: Math.max(0, Number(count)) }, (_, index) => BigInt(index));
    }),
  ];
}

function orders(): readonly CelFunc[] {
  const extreme = (name: string, isBetter: (left: unknown, right: unknown) => boolean): CelFunc =>
    celMethod(name, ANYTHING, [], DYN, function findExtreme() {
      const [first, ...others] = valuesOf(this);
      if (first === undefined) throw new Error(`${name} called on empty list`);
      return others.reduce((best, item) => (isBetter(item, best) ? item : best), first);
    });
  return [
    celMethod('isSorted', ANYTHING, [], BOOL, function isSorted() {
      const items = valuesOf(this);
      return items.every((item, index) => index === 0 || !isBefore(item, items[index - 1]));
    }),
    celMethod('sort', ANYTHING, [], ANYTHING, function sort() {
      return valuesOf(this).toSorted((left, right) =>
        isBefore(left, right) ? -1 : Number(isBefore(right, left)),
      );
    }),
    extreme('min', isBefore),
    extreme('max', (left, right) => isBefore(right, left)),
  ];
}

function sets(): readonly CelFunc[] {
  const textsOf = (list: unknown): ReadonlySet<string> => new Set(valuesOf(list).map(textOf));
  const isWithin = (some: ReadonlySet<string>, all: ReadonlySet<string>): boolean =>
    [...some].every((text) => all.has(text));
  return [
    celFunc('sets.contains', [ANYTHING, ANYTHING], BOOL, (all, some) =>
      isWithin(textsOf(some), textsOf(all)),
    ),
    celFunc('sets.equivalent', [ANYTHING, ANYTHING], BOOL, (left, right) => {
      const [one, other] = [textsOf(left), textsOf(right)];
      return one.size === other.size && isWithin(one, other);
    }),
    celFunc('sets.intersects', [ANYTHING, ANYTHING], BOOL, (left, right) => {
      const [one, other] = [textsOf(left), textsOf(right)];
      return [...one].some((text) => other.has(text));
    }),
  ];
}

function flattened(items: readonly CelValue[], depth: number): CelInput[] {
  return items.flatMap((item): readonly CelInput[] =>
    isCelList(item) && depth > 0 ? flattened(valuesOf(item), depth - 1) : [item],
  );
}

/** Of one type, and in its order. */
function isBefore(left: unknown, right: unknown): boolean {
  return typeof left === typeof right && (left as string) < (right as string);
}

function isSame(left: unknown, right: unknown): boolean {
  return textOf(left) === textOf(right);
}

/** The same text for what is equal: numbers of every type are numbers. */
function textOf(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'number') return `#${value}`;
  if (isCelUint(value)) return `#${value.value}`;
  if (isCelList(value)) return `[${valuesOf(value).map(textOf).join(',')}]`;
  if (isCelMap(value))
    return `{${Array.from(value, ([key, item]) => `${textOf(key)}:${textOf(item)}`)
      .toSorted()
      .join(',')}}`;
  return JSON.stringify(value) ?? '';
}
