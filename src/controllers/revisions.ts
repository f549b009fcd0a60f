import type { ControllerRevision, PodTemplateSpec } from '../api/index.ts';
import { create, remove, update, type KnownObject } from './change.ts';
import { claim } from './claim.ts';
import type { Change, Snapshot } from './controller.ts';
import { defined } from './defined.ts';
import { ownerReferenceTo } from './owner.ts';
import { canonicalJson, safeName, templateHash } from './template-hash.ts';
import { fnv32 } from './fnv.ts';
import type { DaemonSet, StatefulSet } from '../api/index.ts';

/** What a StatefulSet's or DaemonSet's history is kept by. */
export interface HistoryOptions {
  readonly owner: StatefulSet | DaemonSet;
  /** The label under which a revision carries its hash. */
  readonly hashLabel: string;
  /** Whether the hash is of the template alone, as Deployments have it. */
  readonly isTemplateHash: boolean;
}

export interface History {
  /** The oldest first; the last is of the present template, unless `changes` has yet to make it so. */
  readonly revisions: readonly ControllerRevision[];
  /** The revision of the present template; undefined while it has to be made. */
  readonly latest: ControllerRevision | undefined;
  /** What has to be written before anything else. */
  readonly changes: readonly Change[];
  readonly collisionCount: number;
}

/**
 * The templates that an object had: one ControllerRevision each. A template that comes back gets its old revision with
 * a new number.
 *
 * @see kubernetes stateful_set_control.go `getStatefulSetRevisions`
 */
export function historyOf(options: HistoryOptions, snapshot: Snapshot): History {
  const { owner } = options;
  const { owned, changes } = claim(
    { owner, selector: owner.spec?.selector ?? {}, kind: 'ControllerRevision' },
    snapshot,
  );
  const revisions = owned.toSorted((a, b) => a.revision - b.revision);
  const given = owner.status?.collisionCount ?? 0;
  const history = { revisions, changes, collisionCount: given };
  const newest = revisions.at(-1);
  const next = (newest?.revision ?? 0) + 1;
  const wanted = dataOf(owner.spec?.template);
  const same = revisions.findLast(({ data }) => canonicalJson(data) === canonicalJson(wanted));
  if (same === undefined) {
    const { revision, collisionCount } = newRevision(options, next, snapshot);
    return {
      ...history,
      latest: undefined,
      collisionCount,
      changes: [...changes, create(revision)],
    };
  }
  if (same === newest) return { ...history, latest: same };
  return {
    ...history,
    latest: undefined,
    changes: [...changes, update({ ...same, revision: next })],
  };
}

/** Revisions beyond the history limit that no Pod and no status names. */
export function trimRevisions(
  { revisions }: History,
  limit: number,
  isInUse: (revision: ControllerRevision) => boolean,
): readonly Change[] {
  const spare = revisions.filter((revision) => !isInUse(revision));
  return spare.slice(0, Math.max(0, spare.length - limit)).map((revision) => remove(revision));
}

/** The template that a revision keeps. */
export function templateIn(revision: ControllerRevision): PodTemplateSpec {
  const { spec } = (revision.data ?? {}) as { readonly spec?: { readonly template?: object } };
  const { $patch: _, ...template } = (spec?.template ?? {}) as PodTemplateSpec & {
    $patch?: string;
  };
  return template;
}

/** A strategic merge patch that puts the template in the place of any other. */
function dataOf(template: PodTemplateSpec | undefined): Readonly<Record<string, unknown>> {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

/** JSON as Go writes it, fit for a page of HTML. */
function goJson(value: unknown): string {
  return canonicalJson(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function newRevision(
  { owner, hashLabel, isTemplateHash }: HistoryOptions,
  number: number,
  snapshot: Snapshot,
): { readonly revision: ControllerRevision; readonly collisionCount: number } {
  const { name, namespace, annotations } = owner.metadata;
  const template = owner.spec?.template;
  // A DaemonSet that never had a collision counts none, a StatefulSet counts 0.
  const hashWith = (count: number): string =>
    isTemplateHash
      ? templateHash(template, count === 0 ? owner.status?.collisionCount : count)
      : safeName(fnv32(Buffer.from(`${goJson(dataOf(template))}${count}`)));
  let collisionCount = owner.status?.collisionCount ?? 0;
  const isTaken = (hash: string): boolean =>
    snapshot.get('ControllerRevision', namespace, `${name}-${hash}`) !== undefined;
  while (isTaken(hashWith(collisionCount))) collisionCount += 1;
  const hash = hashWith(collisionCount);
  const revision: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      ...defined({ namespace, annotations }),
      labels: { ...template?.metadata?.labels, [hashLabel]: hash },
      ownerReferences: [ownerReferenceTo(owner satisfies KnownObject)],
    },
    data: dataOf(template),
    revision: number,
  };
  return { revision, collisionCount };
}
