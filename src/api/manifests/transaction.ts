import { ApiError } from '../errors.ts';
import type { KubeObject, ObjectRef } from '../object.ts';
import type { Store } from '../store.ts';
import type { Problem } from './problem.ts';

/** One write to the store. */
export type Written =
  | { readonly kind: 'created'; readonly object: KubeObject }
  | { readonly kind: 'configured'; readonly object: KubeObject; readonly old: KubeObject }
  | { readonly kind: 'deleted'; readonly object: KubeObject; readonly old: KubeObject }
  | { readonly kind: 'unchanged' };

/** Writes that can be taken back. */
export class Transaction {
  readonly #store: Store;
  readonly #written: { readonly ref: ObjectRef; readonly written: Written }[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /** Remembers a write that was done. */
  record(ref: ObjectRef, written: Written): void {
    this.#written.push({ ref, written });
  }

  /**
   * Takes back what was recorded, the last first.
   *
   * What cannot be taken back (a change that the API allows in one direction only) is told.
   */
  rollback(): readonly Problem[] {
    const problems: Problem[] = [];
    for (const { ref, written } of this.#written.toReversed()) {
      try {
        this.#takeBack(ref, written);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        problems.push({
          severity: 'error',
          message: `the change of this object could not be taken back: ${error.message}`,
          position: { file: '<cluster>', line: 1, column: 1 },
          object: [ref.kind, [ref.namespace, ref.name].filter(Boolean).join('/')].join(' '),
          hint: 'Stop and start podlane to begin from the manifests.',
        });
      }
    }
    this.#written.length = 0;
    return problems;
  }

  #takeBack(ref: ObjectRef, written: Written): void {
    switch (written.kind) {
      case 'created':
        this.#store.delete(ref, { gracePeriodSeconds: 0 });
        return;
      case 'configured':
        this.#store.update(withoutVersion(written.old));
        return;
      case 'deleted':
        this.#restore(ref, written.old);
        return;
      case 'unchanged':
        return;
      default:
        written satisfies never;
    }
  }

  /** Held by finalizers it is still there, being deleted, and cannot be saved. */
  #restore(ref: ObjectRef, old: KubeObject): void {
    if (this.#store.get<string>(ref.kind, ref.namespace, ref.name) !== undefined) return;
    this.#store.create(withoutVersion(old));
  }
}

function withoutVersion(object: KubeObject): KubeObject {
  const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
  return { ...object, metadata };
}
