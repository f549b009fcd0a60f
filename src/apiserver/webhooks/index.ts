/** Admission webhooks: others are asked what they make of a write before it is carried out. */
import {
  ApiError,
  deepEqual,
  loadWebhookRules,
  type KubeObject,
  type RuledWrite,
  type WriteReview,
} from '../../api/index.ts';
import type { ApiContext } from '../context.ts';
import type { ReviewedWrite } from '../resources/carry-out.ts';
import type { Patience } from '../resources/patience.ts';
import { timedOut } from './ask-webhook.ts';
import { mutateByWebhooks } from './mutate.ts';
import { validateByWebhooks, validatingInvocations } from './validate.ts';

/**
 * Carries out a write that webhooks may change or refuse.
 *
 * The store does not wait for anybody, so it is asked three times: how far the object comes before webhooks change it,
 * what would be stored of what they made of it, and at last to store that.
 *
 * @throws ApiError of the store, or of a webhook.
 */
export async function writeWithWebhooks<T>(
  write: ReviewedWrite<T>,
  api: ApiContext,
  patience: Patience,
): Promise<T> {
  const { signal } = patience;
  const context = { api, rules: await loadWebhookRules(), signal };
  for (;;) {
    patience.triesLeft -= 1;
    const asked = rehearse(write, 'mutated', undefined);
    const object = await mutateByWebhooks(asked, context);
    try {
      const finished = rehearse(write, 'validated', { asked, object, judged: undefined });
      await validateByWebhooks(await validatingInvocations(finished, context), context);
      if (signal.aborted) throw timedOut();
      return write({ review: replay({ asked, object, judged: finished }) });
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile)) throw error;
      if (patience.triesLeft <= 0) throw error.conflict();
    }
  }
}

/** Asks webhooks about a request that writes no object of its resource. @throws ApiError of one that refuses. */
export async function judgeByWebhooks(
  write: RuledWrite,
  api: ApiContext,
  { signal }: Patience,
): Promise<void> {
  const context = { api, rules: await loadWebhookRules(), signal };
  await mutateByWebhooks(write, context);
  await validateByWebhooks(await validatingInvocations(write, context), context);
}

/** What webhooks were asked about, and what they made of it. */
interface Reviewed {
  readonly asked: RuledWrite;
  readonly object: KubeObject | undefined;
  /** What those that validate were shown; undefined before they are. */
  readonly judged: RuledWrite | undefined;
}

/** How far the write comes, without its being carried out. @throws ApiError of the store. */
function rehearse<T>(
  write: ReviewedWrite<T>,
  until: 'mutated' | 'validated',
  reviewed: Reviewed | undefined,
): RuledWrite {
  const goOn = reviewed === undefined ? undefined : replay(reviewed);
  const review: WriteReview = {
    mutated: (ruled, object) => {
      if (until === 'mutated') throw new Rehearsed({ ...ruled, object });
      return goOn?.mutated(ruled, object);
    },
    validated: (ruled, object) => {
      throw new Rehearsed({ ...ruled, object });
    },
  };
  try {
    write({ review });
  } catch (error) {
    if (error instanceof Rehearsed) return error.write;
    throw error;
  }
  throw new Error('the store did not ask for a review');
}

/** Lets what webhooks have made of the object go on, as long as it is what they were asked about and have seen. */
function replay({ asked, object, judged }: Reviewed): WriteReview {
  return {
    mutated: (write) => {
      if (write.old !== asked.old) throw new ChangedMeanwhile(write);
      return object;
    },
    validated: (write, finished) => {
      // An address that was free before may be taken, say.
      if (judged !== undefined && !deepEqual(finished, judged.object))
        throw new ChangedMeanwhile({ ...write, object: finished });
    },
  };
}

/** Thrown through the store where a write has come far enough. */
class Rehearsed extends Error {
  override readonly name = 'Rehearsed';
  readonly write: RuledWrite;

  constructor(write: RuledWrite) {
    super('a rehearsal has ended');
    this.write = write;
  }
}

/** Thrown through the store where its object is not the one that webhooks were asked about. */
class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
  readonly #write: RuledWrite;

  constructor(write: RuledWrite) {
    super('the object has changed');
    this.#write = write;
  }

  conflict(): ApiError {
    const { definition, old, object } = this.#write;
    const { plural, group } = definition;
    const { name = '' } = (old ?? object)?.metadata ?? {};
    const resource = group === '' ? plural : `${plural}.${group}`;
    return new ApiError(
      'Conflict',
      `Operation cannot be fulfilled on ${resource} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      { details: { name, group, kind: plural } },
    );
  }
}
