import type { KubeObject, Store, WriteReview } from '../../api/index.ts';
import type { ApiContext } from '../context.ts';
import { Patience } from './patience.ts';

/** A write, as the store carries it out; with a review others have a say in it. */
export type ReviewedWrite<T> = (options: { readonly review?: WriteReview }) => T;

const CONFIGURATIONS = ['Mutating', 'Validating'].map(
  (type) => `${type}WebhookConfiguration.admissionregistration.k8s.io`,
);

/** Carries out a write, through webhooks where there are any. @throws ApiError of the store, or of a webhook. */
export async function carryOut<T>(
  write: ReviewedWrite<T>,
  context: ApiContext,
  patience: Patience,
): Promise<T> {
  if (!hasWebhooks(context.store)) return write({});
  const { writeWithWebhooks } = await import('../webhooks/index.ts');
  return writeWithWebhooks(write, context, patience);
}

/** What webhooks have to say to what parts of the cluster create. */
export function creationReview(context: ApiContext): {
  readonly isNeeded: () => boolean;
  readonly carryOut: (write: ReviewedWrite<KubeObject>, signal: AbortSignal) => Promise<KubeObject>;
} {
  return {
    isNeeded: () => hasWebhooks(context.store),
    carryOut: (write, signal) => carryOut(write, context, new Patience({ signal })),
  };
}

/** Whether anybody wants to see requests. */
export function hasWebhooks(store: Pick<Store, 'list'>): boolean {
  return CONFIGURATIONS.some((kind) => store.list<string>(kind).length > 0);
}
