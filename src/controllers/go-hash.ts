import { fnv128a } from './fnv.ts';
import { goDump, type GoStruct } from './go-dump.ts';

/** Objects in the order of their hashes, which is any but always the same. @see kubernetes pkg/util/hash `DeepHashObject` */
export function sortByHash<T extends object>(objects: readonly T[], type: GoStruct): readonly T[] {
  if (objects.length < 2) return objects;
  return objects
    .map((object) => ({ object, hash: fnv128a(Buffer.from(goDump(type, object))) }))
    .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    .map(({ object }) => object);
}
