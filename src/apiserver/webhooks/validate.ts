import type { RuledWrite } from '../../api/index.ts';
import { askWebhook, type AskContext, type Invocation } from './ask-webhook.ts';
import { invocationOf, webhooksOf } from './webhook-rules.ts';

/** Those of the validating webhooks that want to see the request. @throws ApiError */
export async function validatingInvocations(
  write: RuledWrite,
  { api, rules }: AskContext,
): Promise<readonly Invocation[]> {
  const invocations: Invocation[] = [];
  for (const webhook of webhooksOf(api.store, 'Validating')) {
    const invocation = await invocationOf(webhook, write, { rules, type: 'Validating' });
    if (invocation !== undefined) invocations.push(invocation);
  }
  return invocations;
}

/** Asks all of them at once. @throws ApiError of the first that refuses, once all have answered. */
export async function validateByWebhooks(
  invocations: readonly Invocation[],
  context: AskContext,
): Promise<void> {
  const answers = await Promise.allSettled(
    invocations.map((invocation) => askWebhook(invocation, context)),
  );
  const refusal = answers.find((answer) => answer.status === 'rejected');
  if (refusal !== undefined) throw refusal.reason;
}
