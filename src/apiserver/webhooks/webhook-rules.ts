import {
  ApiError,
  type loadWebhookRules,
  type KubeObject,
  type RuledWrite,
  type Store,
  type Webhook,
} from '../../api/index.ts';
import type { Invocation } from './ask-webhook.ts';

/** What the API server asks about webhooks; loaded with the first one. */
export type WebhookRules = Awaited<ReturnType<typeof loadWebhookRules>>;

/** Which configurations are meant. */
export type WebhookType = 'Mutating' | 'Validating';

const GROUP = 'admissionregistration.k8s.io';

/** Every webhook of a type: configurations by name, in each the webhooks as they stand. */
export function webhooksOf(store: Pick<Store, 'list'>, type: WebhookType): readonly Webhook[] {
  return configurationsOf(store, type).flatMap((configuration) => {
    const { webhooks = [] } = configuration as { readonly webhooks?: readonly Webhook[] };
    return webhooks;
  });
}

function configurationsOf(store: Pick<Store, 'list'>, type: WebhookType): readonly KubeObject[] {
  return store.list<string>(`${type}WebhookConfiguration.${GROUP}`);
}

/** The webhook with the request, where it wants to see it. @throws ApiError Forbidden where that cannot be told. */
export async function invocationOf(
  webhook: Webhook,
  write: RuledWrite,
  { rules, type }: { readonly rules: WebhookRules; readonly type: WebhookType },
): Promise<Invocation | undefined> {
  const version = rules.webhookVersion(webhook, write);
  if (version === undefined) return undefined;
  const condition = await rules.meetsConditions(webhook, write, version);
  if (typeof condition === 'string') {
    if (webhook.failurePolicy === 'Ignore') return undefined;
    throw forbidden(write, condition);
  }
  return condition ? { webhook, write, version, isMutating: type === 'Mutating' } : undefined;
}

function forbidden({ definition, object, old, place }: RuledWrite, why: string): ApiError {
  const { plural, group } = definition;
  const { name = '' } = { ...(object ?? old)?.metadata, ...place };
  const resource = group === '' ? plural : `${plural}.${group}`;
  return new ApiError('Forbidden', `${resource} ${JSON.stringify(name)} is forbidden: ${why}`, {
    details: { name, group, kind: plural },
  });
}
