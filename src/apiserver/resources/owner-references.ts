import { deepEqual, type KubeObject } from '../../api/index.ts';

/** An object that names each owner once. */
export interface Deduped {
  readonly object: KubeObject;
  /** Texts for `Warning` headers. */
  readonly warnings: readonly string[];
}

/**
 * Drops owners that stand twice, and says so.
 *
 * @param when patches are looked at later than whole objects. @see apiserver `dedupOwnerReferencesAndAddWarning`
 */
export function withOwnersOnce(
  object: KubeObject,
  when: '' | ' after mutating admission happens' = '',
): Deduped {
  const { ownerReferences = [] } = object.metadata;
  if (ownerReferences.length < 2) return { object, warnings: [] };
  const kept = ownerReferences.filter(
    (owner, index) => !ownerReferences.slice(0, index).some((other) => deepEqual(other, owner)),
  );
  if (kept.length === ownerReferences.length) return { object, warnings: [] };
  const dropped = ownerReferences.filter((owner) => !kept.includes(owner)).map(({ uid }) => uid);
  const warning = `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${dropped.join(', ')}`;
  return {
    object: { ...object, metadata: { ...object.metadata, ownerReferences: kept } },
    warnings: [warning],
  };
}
