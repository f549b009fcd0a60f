/** Rules for conversion between versions. @see apiextensions `validateCustomResourceConversion` */
import type { FieldError } from '../../errors.ts';
import { checkDns1035Label } from '../../names.ts';
import type { CustomResourceConversion, WebhookClientConfig } from '../../types.ts';
import { forbidden, invalid, oneOf, required, type Errors } from '../validate/field-errors.ts';
import {
  validateBundle,
  validateWebhookService,
  validateWebhookUrl,
} from '../validate/webhooks.ts';

const PATH = 'spec.conversion';
const CLIENT = `${PATH}.webhookClientConfig`;
const REVIEWS = `${PATH}.conversionReviewVersions`;
const KNOWN_REVIEWS = ['v1', 'v1beta1'];

/** What is wrong with it, and with where its webhook is. */
export function validateConversion(
  conversion: CustomResourceConversion | undefined,
  { mayHaveBadBundle }: { readonly mayHaveBadBundle: boolean },
): Errors {
  if (conversion === undefined) return [];
  const { strategy, webhook } = conversion;
  const { clientConfig, conversionReviewVersions = [] } = webhook ?? {};
  const errors = oneOf(`${PATH}.strategy`, strategy, ['None', 'Webhook']);
  if (strategy === 'Webhook')
    return [
      ...errors,
      ...(clientConfig === undefined
        ? [required(CLIENT, 'required when strategy is set to Webhook')]
        : validateClient(clientConfig, mayHaveBadBundle)),
      ...validateReviews(conversionReviewVersions),
    ];
  const why = 'should not be set when strategy is not set to Webhook';
  return [
    ...errors,
    ...(clientConfig === undefined ? [] : [forbidden(CLIENT, why)]),
    ...(conversionReviewVersions.length === 0 ? [] : [forbidden(REVIEWS, why)]),
  ];
}

function validateClient(
  { url, service, caBundle = '' }: WebhookClientConfig,
  mayHaveBadBundle: boolean,
): Errors {
  const errors: FieldError[] = [];
  if ((url === undefined) === (service === undefined))
    errors.push(required(CLIENT, 'exactly one of url or service is required'));
  else if (url !== undefined) errors.push(...validateWebhookUrl(`${CLIENT}.url`, url));
  else if (service !== undefined)
    errors.push(...validateWebhookService(`${CLIENT}.service`, service));
  if (caBundle !== '' && !mayHaveBadBundle)
    errors.push(...validateBundle(`${CLIENT}.caBundle`, caBundle));
  return errors;
}

function validateReviews(versions: readonly string[]): Errors {
  if (versions.length === 0) return [required(REVIEWS)];
  return [
    ...versions.flatMap((version, index) => {
      const field = `${REVIEWS}[${index}]`;
      if (versions.indexOf(version) < index) return [invalid(field, version, 'duplicate version')];
      return checkDns1035Label(version).map((why) => invalid(field, version, why));
    }),
    ...(versions.some((version) => KNOWN_REVIEWS.includes(version))
      ? []
      : [invalid(REVIEWS, versions, `must include at least one of ${KNOWN_REVIEWS.join(', ')}`)]),
  ];
}
