import { ApiError, type JsonObject } from '../../api/index.ts';
import { decodeBody } from '../body.ts';
import { apiVersionOf, type ApiContext, type Target } from '../context.ts';
import type { ApiRequest, ApiResponse, User } from '../request.ts';

/** What a review of a kind adds to the object that was sent. */
type Review = (value: JsonObject, request: ApiRequest) => object;

/** Whoever is authenticated may do everything: roles are stored and not evaluated. */
const ALLOWED = { status: { allowed: true } };

/** Resources that answer a question and are stored nowhere. */
const REVIEWS: Readonly<Record<string, Review>> = {
  selfsubjectaccessreviews: () => ALLOWED,
  subjectaccessreviews: () => ALLOWED,
  localsubjectaccessreviews: () => ALLOWED,
  selfsubjectrulesreviews: () => ({
    status: {
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      incomplete: false,
    },
  }),
  selfsubjectreviews: (_, { user }) => ({ status: { userInfo: userInfo(user) } }),
};

/** Names of the resources that `answerReview` serves. */
export const REVIEW_RESOURCES: readonly string[] = Object.keys(REVIEWS);

/** `POST` of a review: what was sent, with its answer. @throws ApiError MethodNotAllowed for any other method. */
export async function answerReview(
  request: ApiRequest,
  target: Target,
  _context: ApiContext,
): Promise<ApiResponse> {
  const review = REVIEWS[target.definition.plural];
  if (request.method !== 'POST' || review === undefined)
    throw new ApiError(
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    );
  const { value } = await decodeBody(request);
  const { kind } = target.definition;
  const object = {
    kind,
    apiVersion: apiVersionOf(target),
    metadata: { creationTimestamp: null },
    ...(value['spec'] !== undefined && { spec: value['spec'] }),
    ...review(value, request),
  };
  return { status: 201, kind: 'object', object };
}

function userInfo({ name, groups }: User): object {
  return { username: name, groups };
}
