import type { Allocator } from './admission.ts';
import { checkMutated, RuleCount, type Charge, type RuledWrite } from './admission-rules.ts';
import { deepEqual } from './deep-equal.ts';
import type { KindDefinition } from './kind.ts';
import type { KubeObject } from './object.ts';
import type { KindRegistry } from './registry.ts';
import { reserveAll } from './reservations.ts';
import type { Store, UpdateOptions, WriteOptions } from './store.ts';
import { warningsOf } from './warnings.ts';

/** One write on its way into the store. */
export interface AdmittedWrite {
  readonly old: KubeObject | undefined;
  readonly options: UpdateOptions;
  /** What of a changed object this write takes. @default all of it */
  readonly merge?: (mutated: KubeObject) => KubeObject;
  /** The object as its strategy wants it. @throws ApiError Invalid. */
  readonly finish: (reserved: KubeObject) => KubeObject;
  /** Whether there is still a place for it. @throws ApiError AlreadyExists. */
  readonly check?: (finished: KubeObject) => void;
}

interface AdmissionOptions {
  readonly kinds: KindRegistry;
  /** In the order in which they see each write. */
  readonly allocators: readonly Allocator[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What every write of a store passes: rules that are objects, allocators, its kind's own rules. */
export class WriteAdmission {
  readonly #store: Store;
  readonly #options: AdmissionOptions;
  readonly #rules = new RuleCount();

  constructor(store: Store, options: AdmissionOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** `object` is stored instead of `old`. */
  track(object: KubeObject | undefined, old: KubeObject | undefined): void {
    this.#rules.track(object, old);
  }

  allocatorsOf({ name }: KindDefinition): readonly Allocator[] {
    return this.#options.allocators.filter(({ kinds }) => kinds.includes(name));
  }

  /**
   * Reserves, finishes and validates; what was reserved is kept only when the write will happen.
   *
   * @returns `old` where the write changes nothing. @throws ApiError
   */
  admit(definition: KindDefinition, object: KubeObject, write: AdmittedWrite): KubeObject {
    const { old, finish, check, options } = write;
    const isDryRun = options.isDryRun === true;
    const ruling = this.#rules.rulingOf(definition, () => this.#describe(definition, write));
    const mutated = this.#review(definition, ruling.mutate(object), write);
    const ruled = mutated === object ? object : this.#own(definition, mutated, { object, write });
    const allocators = this.allocatorsOf(definition);
    const reservation = reserveAll(allocators, { object: ruled, old, isDryRun });
    let finished: KubeObject;
    let charge: Charge | undefined;
    try {
      finished = finish(reservation.object);
      tell(definition, finished, write);
      charge = ruling.validate(finished);
      if (options.review !== undefined)
        options.review.validated(this.#describe(definition, write), finished);
      check?.(finished);
    } catch (error) {
      reservation.rollback();
      throw error;
    }
    const isNoChange = old !== undefined && deepEqual(finished, old);
    if (isDryRun || isNoChange) reservation.rollback();
    else {
      reservation.commit();
      charge?.();
    }
    return isNoChange ? old : finished;
  }

  /** @throws ApiError where a policy wants the object to stay. */
  checkDelete(definition: KindDefinition, old: KubeObject, options: WriteOptions): void {
    const describe = (): RuledWrite => ({
      ...this.#describe(definition, { old, options }),
      operation: 'DELETE',
    });
    options.review?.mutated(describe(), undefined);
    this.#rules.rulingOf(definition, describe).validate(undefined);
    options.review?.validated(describe(), undefined);
  }

  /** What this write takes of an object that policies or webhooks changed. @throws ApiError */
  #own(
    definition: KindDefinition,
    mutated: KubeObject,
    { object, write }: { readonly object: KubeObject; readonly write: AdmittedWrite },
  ): KubeObject {
    const { old, merge } = write;
    const own = checkMutated(definition, mutated, { given: object, old });
    return merge?.(own) ?? own;
  }

  #review(
    definition: KindDefinition,
    object: KubeObject,
    write: Pick<AdmittedWrite, 'old' | 'options'>,
  ): KubeObject {
    const { review } = write.options;
    return review?.mutated(this.#describe(definition, write), object) ?? object;
  }

  #describe(
    definition: KindDefinition,
    { old, options }: Pick<AdmittedWrite, 'old' | 'options'>,
  ): RuledWrite {
    const { isDryRun = false, request, subresource } = options;
    return {
      definition,
      operation: old === undefined ? 'CREATE' : 'UPDATE',
      object: undefined,
      old,
      subresource: request?.subresource ?? subresource ?? '',
      isDryRun,
      request,
      store: this.#store,
      kinds: this.#options.kinds,
      now: this.#options.now(),
    };
  }
}

/** Whoever writes an object, and not only a part of it, is told what is odd about it. */
function tell(
  definition: KindDefinition,
  object: KubeObject,
  { old, options: { request } }: AdmittedWrite,
): void {
  if (request === undefined || (request.subresource ?? '') !== '') return;
  for (const text of warningsOf(definition, object, old)) request.warn(text);
}
