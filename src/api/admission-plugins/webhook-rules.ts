/** What the API server needs to know of webhooks: which requests they want to see, and what they are sent. */
import type { RuledWrite } from '../admission-rules.ts';
import type { KubeObject } from '../object.ts';
import type { JsonObject } from '../patch/json.ts';
import type { MutatingWebhook } from '../types.ts';
import { admissionRequest, beforeNaming, shown } from './policies/admission-request.ts';
import { matchResources } from './policies/match.ts';

/** A stored webhook of either type; mutating ones can say more. */
export type Webhook = MutatingWebhook & Required<Pick<MutatingWebhook, 'name'>>;

const GROUP = 'admissionregistration.k8s.io';

/** The version that the webhook wants to see the request in; undefined where it does not want it. */
export function webhookVersion(webhook: Webhook, write: RuledWrite): string | undefined {
  const { rules = [], matchPolicy, namespaceSelector, objectSelector } = webhook;
  // Whoever configured a webhook that refuses everything must be able to take it away.
  if (rules.length === 0 || write.definition.group === GROUP) return undefined;
  return matchResources(
    {
      resourceRules: rules,
      ...(matchPolicy !== undefined && { matchPolicy }),
      ...(namespaceSelector && { namespaceSelector }),
      ...(objectSelector && { objectSelector }),
    },
    write,
  );
}

/** Whether its conditions are met; the text of what is wrong where that cannot be told. */
export async function meetsConditions(
  { matchConditions = [] }: Webhook,
  write: RuledWrite,
  version: string,
): Promise<boolean | string> {
  if (matchConditions.length === 0) return true;
  // The language is slow to load.
  const { judgeConditions } = await import('./policies/evaluate-policy.ts');
  return judgeConditions(matchConditions, { write, version, params: undefined });
}

/** The write as mutating webhooks are asked about it. */
export { beforeNaming };

/** What the webhook is sent. @param uid it must answer with */
export function admissionReview(
  write: RuledWrite,
  {
    uid,
    version,
    review,
  }: { readonly uid: string; readonly version: string; readonly review: string },
): JsonObject {
  const inVersion = (object: KubeObject | undefined): JsonObject | null =>
    shown(object, write, version) ?? null; // as Go writes what is absent
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${review}`,
    request: {
      uid,
      ...admissionRequest(write, version),
      object: inVersion(write.object),
      oldObject: inVersion(write.old),
    },
  };
}
