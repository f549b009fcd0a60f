import {
  ApiError,
  isJsonObject,
  type JsonObject,
  type KubeObject,
  type PolicyRule,
} from '../../api/index.ts';
import { decideAccess, rulesFor, type AccessAttributes } from '../authorization/index.ts';
import { decodeBody } from '../body.ts';
import { apiVersionOf, type ApiContext, type Target } from '../context.ts';
import { readGoObject } from '../go-json/index.ts';
import { methodNotAllowed } from '../refusals.ts';
import type { ApiRequest, ApiResponse, User } from '../request.ts';
import { trackerOf } from '../resources/track.ts';

/** What a review is asked about. */
interface Question {
  readonly spec: JsonObject;
  readonly request: ApiRequest;
  readonly target: Target;
  readonly context: ApiContext;
}

/** What a review of a kind adds to the object that was sent. */
type Review = (question: Question) => object;

/** Resources that answer a question and are stored nowhere. */
const REVIEWS: Readonly<Record<string, Review>> = {
  selfsubjectaccessreviews: ({ spec, request, context }) => {
    checkAttributes(spec);
    return { status: statusFor(request.user, spec, context) };
  },
  subjectaccessreviews: ({ spec, context }) => {
    checkAttributes(spec);
    checkSubject(spec);
    return { status: statusFor(userIn(spec), spec, context) };
  },
  localsubjectaccessreviews: ({ spec, target, context }) => {
    checkAttributes(spec);
    checkSubject(spec);
    const { namespace = '' } = target;
    const { namespace: given } = fieldsOf(spec, 'resourceAttributes');
    if (given !== namespace)
      throw invalid(
        'spec.resourceAttributes.namespace',
        given ?? '',
        'must match metadata.namespace',
      );
    return { status: statusFor(userIn(spec), spec, context), metadata: { namespace } };
  },
  selfsubjectrulesreviews: ({ spec, request, context }) => {
    const { namespace } = spec;
    if (typeof namespace !== 'string' || namespace === '')
      throw new ApiError('BadRequest', 'no namespace on request');
    return { spec: {}, status: rulesStatus(rulesFor(request.user, namespace, context.store)) };
  },
  selfsubjectreviews: ({ request: { user } }) => ({ status: { userInfo: userInfo(user) } }),
};

/** Names of the resources that `answerReview` serves. */
export const REVIEW_RESOURCES: readonly string[] = Object.keys(REVIEWS);

/** `POST` of a review: what was sent, with its answer. @throws ApiError MethodNotAllowed for any other method. */
export async function answerReview(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<ApiResponse> {
  const review = REVIEWS[target.definition.plural];
  if (request.method !== 'POST' || review === undefined) throw methodNotAllowed();
  const { value } = await decodeBody(request);
  const { kind } = target.definition;
  const apiVersion = apiVersionOf(target);
  const read = readGoObject({ ...value, apiVersion, kind }, { apiVersion, kind })?.value ?? value;
  const spec = fieldsOf(read, 'spec');
  const { metadata, ...answer } = review({ spec, request, target, context }) as {
    readonly metadata?: object;
  };
  const object = {
    kind,
    apiVersion,
    metadata: { ...metadataOf(read, { request, target, context }), ...metadata },
    ...(read['spec'] !== undefined && { spec }),
    ...answer,
  };
  return { status: 201, kind: 'object', object };
}

/** Who wrote it, as of anything that is created; nothing else is kept of it. */
function metadataOf(
  value: JsonObject,
  { request, target, context }: Omit<Question, 'spec'>,
): object {
  const { kind, plural } = target.definition;
  if (plural === 'selfsubjectrulesreviews') return {};
  const time = new Date(context.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  if (plural === 'selfsubjectreviews') return { creationTimestamp: time };
  const apiVersion = apiVersionOf(target);
  const bare = { apiVersion, kind, metadata: {}, spec: value['spec'] } as unknown as KubeObject; // it is never stored
  const { managedFields } = trackerOf(request, target, context)(bare, undefined).metadata;
  return managedFields === undefined ? {} : { managedFields };
}

function fieldsOf(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isJsonObject(value) ? value : {};
}

function checkAttributes(spec: JsonObject): void {
  const [resource, path] = [spec['resourceAttributes'], spec['nonResourceAttributes']];
  if (isJsonObject(resource) && isJsonObject(path))
    throw invalid(
      'spec.nonResourceAttributes',
      { Path: path['path'] ?? '', Verb: path['verb'] ?? '' },
      'cannot be specified in combination with resourceAttributes',
    );
  if (!isJsonObject(resource) && !isJsonObject(path))
    throw invalid(
      'spec.resourceAttributes',
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
}

function checkSubject(spec: JsonObject): void {
  const { user = '', groups = [] } = spec;
  if (user === '' && Array.isArray(groups) && groups.length === 0)
    throw invalid('spec.user', '', 'at least one of user or group must be specified');
}

/** Reviews say of which kind they are only on their way in. */
function invalid(field: string, value: unknown, why: string): ApiError {
  const message = `Invalid value: ${JSON.stringify(value)}: ${why}`;
  const group = 'authorization.k8s.io';
  return new ApiError('Invalid', `.${group} "" is invalid: ${field}: ${message}`, {
    causes: [{ type: 'Invalid', field, message }],
    details: { group },
  });
}

function userIn({ user, groups }: JsonObject): User {
  return {
    name: textOf(user),
    groups: Array.isArray(groups) ? groups.map(textOf) : [],
  };
}

function statusFor(user: User, spec: JsonObject, { store }: ApiContext): object {
  const { isAllowed, reason } = decideAccess(user, accessIn(spec), store);
  return { allowed: isAllowed, ...(reason !== '' && { reason }) };
}

function accessIn(spec: JsonObject): AccessAttributes {
  if (isJsonObject(spec['nonResourceAttributes'])) {
    const { verb, path } = spec['nonResourceAttributes'];
    return { kind: 'path', verb: textOf(verb), path: textOf(path) };
  }
  const given = fieldsOf(spec, 'resourceAttributes');
  return {
    kind: 'resource',
    verb: textOf(given['verb']),
    group: textOf(given['group']),
    resource: textOf(given['resource']),
    subresource: textOf(given['subresource']),
    namespace: textOf(given['namespace']),
    name: textOf(given['name']),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function rulesStatus(rules: readonly PolicyRule[]): object {
  return {
    resourceRules: rules.filter(({ resources = [] }) => resources.length > 0),
    nonResourceRules: rules
      .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}

function userInfo({ name, groups }: User): object {
  return { username: name, groups };
}
