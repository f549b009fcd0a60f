import { ApiError, isJsonObject, type JsonObject } from '../../api/index.ts';
import { readGoObject } from '../go-json/index.ts';
import { WebhookFailure, type Rejection } from './failures.ts';

/** What a webhook answered, and that it may. */
export interface WebhookAnswer {
  readonly isAllowed: boolean;
  readonly warnings: readonly string[];
  /** A JSON patch; undefined for none. */
  readonly patch: string | undefined;
  readonly rejection: Rejection | undefined;
}

/** What was asked, and of whom. */
export interface Asked {
  readonly uid: string;
  /** `v1`, `v1beta1`. */
  readonly review: string;
  readonly isMutating: boolean;
}

/**
 * Reads an AdmissionReview that came back.
 *
 * @throws WebhookFailure for what is none, or one of something else.
 * @see apiserver `admission/plugin/webhook/request`, VerifyAdmissionResponse
 */
export function readAnswer(text: string, asked: Asked): WebhookAnswer {
  const review = parse(text);
  const { response } = review;
  const refuse = (why: string): never => {
    throw new WebhookFailure(`received invalid webhook response: ${why}`);
  };
  if (response === undefined || response === null) return refuse('webhook response was absent');
  if (!isJsonObject(response)) throw undecodable(response, 'AdmissionReview.response', 'object');
  const status = statusOf(response['status']);
  checkTypes(response);
  if (asked.review === 'v1') checkV1(review, response, asked);
  const { allowed, warnings, patch } = response;
  const isPatched = asked.isMutating && typeof patch === 'string' && patch !== '';
  return {
    isAllowed: allowed === true,
    warnings: Array.isArray(warnings) ? warnings.filter((one) => typeof one === 'string') : [],
    patch: isPatched ? Buffer.from(patch, 'base64').toString() : undefined,
    rejection: status,
  };
}

const FIELD_TYPES = { allowed: 'boolean', uid: 'string', patch: 'string', patchType: 'string' };

/** @throws WebhookFailure for fields that an AdmissionResponse cannot hold; null is nothing. */
function checkTypes(response: JsonObject): void {
  for (const [field, type] of Object.entries(FIELD_TYPES)) {
    const value = response[field] ?? undefined;
    if (value !== undefined && typeof value !== type)
      throw undecodable(value, `AdmissionResponse.response.${field}`, type);
  }
  const warnings = response['warnings'] ?? [];
  if (!Array.isArray(warnings))
    throw undecodable(warnings, 'AdmissionResponse.response.warnings', '[]string');
  const wrong = warnings.find((one) => typeof one !== 'string' && one !== null);
  if (wrong !== undefined)
    throw undecodable(wrong, 'AdmissionResponse.response.warnings', 'string');
}

/** @throws WebhookFailure for what is no Status. */
function statusOf(value: unknown): Rejection | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw undecodable(value, 'AdmissionResponse.response.status', 'Status');
  try {
    return readGoObject(value, { apiVersion: 'v1', kind: 'Status' })?.value;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const why = error.message.replace(/^.*?(?=json: )/, '');
    throw new WebhookFailure(`failed to call webhook: ${why}`);
  }
}

const GO_NAMES: Readonly<Record<string, string>> = { boolean: 'bool' };

function undecodable(value: unknown, field: string, type: string): WebhookFailure {
  const given = Array.isArray(value) ? 'array' : typeof value;
  const [got, wanted] = [given, type].map((name) => GO_NAMES[name] ?? name);
  return new WebhookFailure(
    `failed to call webhook: json: cannot unmarshal ${got} into Go struct field ${field} of type ${wanted}`,
  );
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Nonsense is told as anything else that is no object.
  }
  throw new WebhookFailure(
    "failed to call webhook: couldn't get version/kind; json parse error: the answer is no JSON object",
  );
}

/** @throws WebhookFailure for an answer to something else, or with more or less than it must have. */
function checkV1(review: JsonObject, response: JsonObject, asked: Asked): void {
  const given = textOf(response['uid']);
  const kind = `${textOf(review['apiVersion'])}, Kind=${textOf(review['kind'])}`;
  const expected = 'admission.k8s.io/v1, Kind=AdmissionReview';
  const problem =
    given === asked.uid
      ? kind === expected
        ? patchProblem(response, asked)
        : `expected webhook response of ${expected}, got ${kind}`
      : `expected response.uid=${JSON.stringify(asked.uid)}, got ${JSON.stringify(given)}`;
  if (problem !== undefined)
    throw new WebhookFailure(`received invalid webhook response: ${problem}`);
  const type = response['patchType'];
  if (textOf(type) !== '' && type !== 'JSONPatch')
    throw new WebhookFailure(`unsupported patch type ${JSON.stringify(type)}`);
}

function patchProblem(response: JsonObject, { isMutating }: Asked): string | undefined {
  const hasPatch = textOf(response['patch']) !== '';
  const hasType = (response['patchType'] ?? undefined) !== undefined;
  if (!isMutating && hasPatch) return 'validating webhook may not return response.patch';
  if (!isMutating && hasType) return 'validating webhook may not return response.patchType';
  if (hasPatch && !hasType) return 'webhook returned response.patch but not response.patchType';
  if (hasType && !hasPatch) return 'webhook returned response.patchType but not response.patch';
  return undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
