import {
  compileLabelSelector,
  type KindMap,
  type LabelSelector,
  type ObjectMeta,
} from '../api/index.ts';
import { update, type KnownObject } from './change.ts';
import type { Change, Snapshot } from './controller.ts';
import { controllerOf, ownerReferenceTo } from './owner.ts';
import { isEmptySelector, listOptionsOf } from './selector.ts';

/** A controller's object and what it may own. */
export interface Claim<K extends OwnedKind> {
  readonly owner: KnownObject;
  readonly selector: LabelSelector;
  readonly kind: K;
  /** What the owner looks at; anything else is neither adopted nor let go. @default everything */
  readonly isEligible?: (object: OwnedObject<K>) => boolean;
}

type OwnedKind = 'Pod' | 'ReplicaSet' | 'ControllerRevision' | 'Job';
type OwnedObject<K extends OwnedKind> = KindMap[K];

export interface Claimed<T> {
  /** What the owner owns now, those just adopted among them. */
  readonly owned: readonly T[];
  /** Adoptions and releases. */
  readonly changes: readonly Change[];
}

/**
 * What belongs to `owner`: objects that it controls and selects. Orphans that it selects are adopted, objects that it
 * controls and no longer selects are let go.
 *
 * @see kubernetes pkg/controller/controller_ref_manager.go `ClaimObject`
 */
export function claim<K extends OwnedKind>(
  { owner, selector, kind, isEligible = () => true }: Claim<K>,
  snapshot: Snapshot,
): Claimed<OwnedObject<K>> {
  const selects = compileLabelSelector(selector);
  const owned: OwnedObject<K>[] = [];
  const changes: Change[] = [];
  const isGoing = owner.metadata.deletionTimestamp !== undefined;
  for (const object of candidates<K>({ owner, selector, kind }, snapshot)) {
    if (!isEligible(object)) continue;
    const isSelected = selects(object.metadata.labels);
    const controller = controllerOf(object);
    if (controller?.uid === owner.metadata.uid) {
      if (isSelected) owned.push(object);
      else if (!isGoing) changes.push(update(disown(object, owner)));
    } else if (controller === undefined && isSelected && !isGoing && !isDeleted(object)) {
      const adopted = adopt(object, owner);
      changes.push(update(adopted));
      owned.push(adopted);
    }
  }
  return { owned, changes };
}

function candidates<K extends OwnedKind>(
  { owner, selector, kind }: Claim<K>,
  snapshot: Snapshot,
): Iterable<OwnedObject<K>> {
  const { namespace = '', uid = '' } = owner.metadata;
  const owned = snapshot.ownedBy(kind, uid);
  const selected = isEmptySelector(selector)
    ? []
    : snapshot.list(kind, { namespace, ...listOptionsOf(selector) });
  // The kinds of `OwnedKind` all have a type, so the store's answer is of it.
  return new Set([...owned, ...selected]) as ReadonlySet<unknown> as Iterable<OwnedObject<K>>;
}

function adopt<T extends KnownObject>(object: T, owner: KnownObject): T {
  const ownerReferences = [...(object.metadata.ownerReferences ?? []), ownerReferenceTo(owner)];
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}

function disown<T extends KnownObject>(object: T, owner: KnownObject): T {
  const others = (object.metadata.ownerReferences ?? []).filter(
    ({ uid }) => uid !== owner.metadata.uid,
  );
  return { ...object, metadata: { ...object.metadata, ownerReferences: others } };
}

function isDeleted({ metadata }: { readonly metadata: ObjectMeta }): boolean {
  return metadata.deletionTimestamp !== undefined;
}
