interface HasSpec<S> {
  readonly spec?: S;
}

/**
 * Whether the spec of `object` is the very one that is stored, as when a status is written: it has its defaults and
 * was found valid.
 */
export function isStored<S>(
  object: HasSpec<S>,
  old: HasSpec<S> | undefined,
): object is { readonly spec: S } {
  return old !== undefined && object.spec !== undefined && object.spec === old.spec;
}
