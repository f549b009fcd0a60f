/** Defaults of policies, of their bindings, and of webhooks. @see kubernetes `pkg/apis/admissionregistration/v1/defaults.go` */
import type { KubeObject } from '../../object.ts';
import { isJsonObject, type JsonObject } from '../../patch/json.ts';

/** Of policies of both types. */
export function withPolicyDefaults(object: KubeObject): KubeObject {
  return withSpec(object, (spec) => ({
    ...spec,
    failurePolicy: spec['failurePolicy'] ?? 'Fail',
    ...matchDefaults(spec, 'matchConstraints'),
  }));
}

/** Of bindings of both types. */
export function withBindingDefaults(object: KubeObject): KubeObject {
  return withSpec(object, (spec) => ({ ...spec, ...matchDefaults(spec, 'matchResources') }));
}

/** Of webhooks of both types. @param others of one alone */
export function withWebhookDefaults(object: KubeObject, others: JsonObject): KubeObject {
  const webhooks = object['webhooks'];
  if (!Array.isArray(webhooks)) return object;
  const filled = webhooks.map((webhook: unknown) =>
    isJsonObject(webhook)
      ? {
          failurePolicy: 'Fail',
          matchPolicy: 'Equivalent',
          namespaceSelector: {},
          objectSelector: {},
          timeoutSeconds: 10,
          ...others,
          ...webhook,
          ...scopedRules(webhook, 'rules'),
          ...withPort(webhook),
        }
      : webhook,
  );
  return { ...object, webhooks: filled };
}

/** Services are asked at the port of HTTPS. */
function withPort(webhook: JsonObject): JsonObject {
  const config = webhook['clientConfig'];
  const service = isJsonObject(config) ? config['service'] : undefined;
  if (!isJsonObject(config) || !isJsonObject(service)) return {};
  return { clientConfig: { ...config, service: { ...service, port: service['port'] ?? 443 } } };
}

function withSpec(object: KubeObject, change: (spec: JsonObject) => JsonObject): KubeObject {
  const spec = object['spec'];
  return isJsonObject(spec) ? { ...object, spec: change(spec) } : object;
}

function matchDefaults(spec: JsonObject, field: string): JsonObject {
  const match = spec[field];
  if (!isJsonObject(match)) return {};
  return {
    [field]: {
      ...match,
      matchPolicy: match['matchPolicy'] ?? 'Equivalent',
      namespaceSelector: match['namespaceSelector'] ?? {},
      objectSelector: match['objectSelector'] ?? {},
      ...scopedRules(match, 'resourceRules'),
      ...scopedRules(match, 'excludeResourceRules'),
    },
  };
}

/** Rules mean every scope where they say nothing. */
function scopedRules(object: JsonObject, field: string): JsonObject {
  const rules = object[field];
  if (!Array.isArray(rules)) return {};
  return {
    [field]: rules.map((rule: unknown) =>
      isJsonObject(rule) ? { ...rule, scope: rule['scope'] ?? '*' } : rule,
    ),
  };
}
