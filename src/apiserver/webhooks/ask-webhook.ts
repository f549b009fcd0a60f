import { ApiError, type RuledWrite, type Webhook } from '../../api/index.ts';
import type { ApiContext } from '../context.ts';
import { readAnswer, type WebhookAnswer } from './answer.ts';
import { callWebhook } from './call-webhook.ts';
import { isEmulated, passedOver } from './emulated-service.ts';
import { failedCalling, noDryRun, rejected, WebhookFailure } from './failures.ts';
import type { WebhookRules } from './webhook-rules.ts';

/** One webhook and the request that it wants to see. */
export interface Invocation {
  readonly webhook: Webhook;
  readonly write: RuledWrite;
  /** That the objects are shown in. */
  readonly version: string;
  readonly isMutating: boolean;
}

/** What asking needs. */
export interface AskContext {
  readonly api: ApiContext;
  readonly rules: WebhookRules;
  /** Aborted when there is no use in asking any longer. */
  readonly signal: AbortSignal;
}

const REVIEWS: readonly string[] = ['v1', 'v1beta1'];
const TIMEOUT_SECONDS = 10;

/**
 * Asks a webhook.
 *
 * @returns what it allows; undefined where it could not be asked and that is no matter. @throws ApiError
 */
export async function askWebhook(
  invocation: Invocation,
  context: AskContext,
): Promise<WebhookAnswer | undefined> {
  const { webhook, write } = invocation;
  const { name, sideEffects } = webhook;
  if (write.isDryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun')
    throw noDryRun(name);
  const answer = await answerOf(invocation, context);
  if (answer === undefined) return undefined;
  for (const text of answer.warnings) write.request?.warn(text);
  if (!answer.isAllowed) throw withWarnings(rejected(name, answer.rejection), answer);
  return answer;
}

/** @throws ApiError where the webhook cannot be asked and must be. */
async function answerOf(
  invocation: Invocation,
  context: AskContext,
): Promise<WebhookAnswer | undefined> {
  const { webhook, write } = invocation;
  const { clientConfig = {} } = webhook;
  if (isEmulated(clientConfig, context.api)) {
    write.request?.warn(passedOver(webhook.name, clientConfig));
    return undefined;
  }
  try {
    return await ask(invocation, context);
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error;
    if (webhook.failurePolicy !== 'Ignore') throw failedCalling(webhook.name, error);
    if (context.signal.aborted) throw timedOut();
    const fields = { part: 'api', webhook: webhook.name, why: error.message };
    context.api.log.debug('a webhook was passed over', fields);
    return undefined;
  }
}

async function ask(
  { webhook, write, version, isMutating }: Invocation,
  { api, rules, signal }: AskContext,
): Promise<WebhookAnswer> {
  const { admissionReviewVersions = [], clientConfig = {}, timeoutSeconds } = webhook;
  const review = admissionReviewVersions.find((candidate) => REVIEWS.includes(candidate));
  if (review === undefined)
    throw new WebhookFailure(
      'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)',
    );
  const uid = uidOf(api.random);
  const body = JSON.stringify(rules.admissionReview(write, { uid, version, review }));
  const call = { body, timeoutSeconds: timeoutSeconds ?? TIMEOUT_SECONDS, signal };
  const text = await callWebhook(clientConfig, call, api);
  return readAnswer(text, { uid, review, isMutating });
}

function withWarnings(error: ApiError, { warnings }: WebhookAnswer): ApiError {
  error.warnings.push(...warnings);
  return error;
}

/** The request's time is over, or its client gone. */
export function timedOut(): ApiError {
  return new ApiError('Timeout', 'request did not complete within requested timeout');
}

/** A version 4 UUID (RFC 9562 §5.4). */
function uidOf(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replaceAll(/[xy]/g, (place) => {
    const digit = Math.floor(random() * 16);
    return (place === 'x' ? digit : (digit & 3) | 8).toString(16);
  });
}
