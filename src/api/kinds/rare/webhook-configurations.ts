/** Rules for admission webhooks. @see kubernetes `pkg/apis/admissionregistration` */
import { deepEqual } from '../../deep-equal.ts';
import type { MutatingWebhook, WebhookClientConfig } from '../../types.ts';
import type { KubeObject } from '../../object.ts';
import { checkDns1035Label, checkDnsSubdomain } from '../../names.ts';
import type { RareRules } from '../rare-rules.ts';
import {
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  optionalOneOf,
  required,
  type Errors,
} from '../validate/field-errors.ts';
import { validateLabelSelector } from '../validate/labels.ts';
import { validateWebhookService, validateWebhookUrl } from '../validate/webhooks.ts';
import { withWebhookDefaults } from './admission-defaults.ts';
import { structs, when } from './check.ts';
import { validateConditions } from './match-conditions.ts';
import { FAILURE_POLICIES, MATCH_POLICIES, validateRule } from './operation-rules.ts';

const REVIEWS = ['v1', 'v1beta1'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const REINVOCATIONS = ['IfNeeded', 'Never'];
const TIMEOUT_SECONDS = 10;
const MAX_TIMEOUT_SECONDS = 30;
const MIN_SEGMENTS = 3;

/** Of ValidatingWebhookConfigurations. */
export const VALIDATING_WEBHOOKS: RareRules = {
  defaults: (object) => withWebhookDefaults(object, {}),
  validate: (object, old) =>
    validateWebhooks(webhooksOf(object), old === undefined ? [] : webhooksOf(old)),
};

/** Of MutatingWebhookConfigurations. */
export const MUTATING_WEBHOOKS: RareRules = {
  ...VALIDATING_WEBHOOKS,
  defaults: (object) => withWebhookDefaults(object, { reinvocationPolicy: 'Never' }),
};

function webhooksOf(object: KubeObject): readonly MutatingWebhook[] {
  return structs((object as { readonly webhooks?: readonly MutatingWebhook[] }).webhooks);
}

function validateWebhooks(
  webhooks: readonly MutatingWebhook[],
  before: readonly MutatingWebhook[],
): Errors {
  const names = webhooks.map(({ name = '' }) => name);
  const knownConditions = before.map(({ matchConditions = [] }) => matchConditions);
  // What was stored may stay although it would be refused today.
  const isKept =
    before.length === webhooks.length &&
    deepEqual(
      webhooks.map(({ matchConditions = [] }) => matchConditions),
      knownConditions,
    );
  return webhooks.flatMap((webhook, index) => {
    const path = `webhooks[${index}]`;
    const { name = '' } = webhook;
    return [
      ...validateWebhook(path, webhook),
      ...(isKept ? [] : validateConditions(`${path}.matchConditions`, webhook.matchConditions)),
      ...validateReviews(`${path}.admissionReviewVersions`, webhook.admissionReviewVersions),
      ...when(name !== '' && names.indexOf(name) < index, () => duplicate(`${path}.name`, name)),
    ];
  });
}

function validateWebhook(path: string, webhook: MutatingWebhook): Errors {
  const { timeoutSeconds: seconds = TIMEOUT_SECONDS, clientConfig = {} } = webhook;
  return [
    ...validateName(`${path}.name`, webhook.name ?? ''),
    ...structs(webhook.rules).flatMap((rule, index) =>
      validateRule(`${path}.rules[${index}]`, rule),
    ),
    ...optionalOneOf(`${path}.failurePolicy`, webhook.failurePolicy, FAILURE_POLICIES),
    ...optionalOneOf(`${path}.matchPolicy`, webhook.matchPolicy, MATCH_POLICIES),
    ...validateSideEffects(`${path}.sideEffects`, webhook.sideEffects),
    ...when(seconds > MAX_TIMEOUT_SECONDS || seconds < 1, () =>
      invalid(
        `${path}.timeoutSeconds`,
        seconds,
        'the timeout value must be between 1 and 30 seconds',
      ),
    ),
    ...validateLabelSelector(`${path}.namespaceSelector`, webhook.namespaceSelector),
    ...validateLabelSelector(`${path}.objectSelector`, webhook.objectSelector),
    ...optionalOneOf(`${path}.reinvocationPolicy`, webhook.reinvocationPolicy, REINVOCATIONS),
    ...validateClient(`${path}.clientConfig`, clientConfig),
  ];
}

function validateSideEffects(field: string, sideEffects: string | undefined): Errors {
  if (sideEffects === undefined)
    return [required(field, `must specify one of ${SIDE_EFFECTS.join(', ')}`)];
  return when(!SIDE_EFFECTS.includes(sideEffects), () =>
    notSupported(field, sideEffects, SIDE_EFFECTS),
  );
}

/** @see apimachinery `IsFullyQualifiedName` */
function validateName(field: string, name: string): Errors {
  if (name === '') return [required(field)];
  const problems = checkDnsSubdomain(name);
  if (problems.length > 0) return [invalid(field, name, problems.join(','))];
  return when(name.split('.').length < MIN_SEGMENTS, () =>
    invalid(field, name, 'should be a domain with at least three segments separated by dots'),
  );
}

function validateClient(path: string, { url, service }: WebhookClientConfig): Errors {
  if (url !== undefined && service === undefined) return validateWebhookUrl(`${path}.url`, url);
  if (service !== undefined && url === undefined)
    return validateWebhookService(`${path}.service`, service);
  return [required(path, 'exactly one of url or service is required')];
}

function validateReviews(field: string, versions: readonly string[] = []): Errors {
  const list = REVIEWS.join(', ');
  if (versions.length === 0) return [required(field, `must specify one of ${list}`)];
  return [
    ...versions.flatMap((version, index) => {
      const at = `${field}[${index}]`;
      if (versions.indexOf(version) < index) return [invalid(at, version, 'duplicate version')];
      return invalidEach(at, version, checkDns1035Label(version));
    }),
    ...when(!versions.some((version) => REVIEWS.includes(version)), () =>
      invalid(field, versions, `must include at least one of ${list}`),
    ),
  ];
}
