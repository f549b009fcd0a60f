import {
  ApiError,
  invalidField,
  invalidObject,
  notFound,
  type JsonObject,
} from '../../api/index.ts';
import { decodeBody } from '../body.ts';
import { apiVersionOf, objectOf, type ApiContext, type ResourceHandler } from '../context.ts';
import { methodNotAllowed } from '../refusals.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { judgeRequest } from '../resources/judge-request.ts';
import { isDryRun } from '../resources/parameters.ts';
import { TOKEN_ISSUER, type BoundObject, type TokenIssuer, type TokenWish } from '../tokens.ts';

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
const TOKEN_REQUEST = { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1' };

interface TokenRequestSpec {
  readonly audiences?: readonly string[];
  readonly expirationSeconds?: number;
  readonly boundObjectRef?: {
    readonly kind?: string;
    readonly name?: string;
    readonly uid?: string;
  };
}

/** `POST serviceaccounts/NAME/token`. @throws ApiError NotFound, Invalid, Conflict. @see TokenRequest */
export const requestToken: ResourceHandler = async (request, target, context) => {
  checkPost(request);
  const account = objectOf(target, context);
  const { value } = await decodeBody(request);
  const spec = (value['spec'] ?? {}) as TokenRequestSpec; // its fields are checked where they are used
  const { namespace = '', name } = account.metadata;
  const { expirationSeconds: wanted = DEFAULT_SECONDS, audiences = [], boundObjectRef } = spec;
  const expirationSeconds = checkedSeconds(wanted);
  const asked = {
    ...value,
    ...TOKEN_REQUEST,
    metadata: { name, namespace },
    spec: { ...spec, expirationSeconds },
  };
  const { user, query } = request;
  const dryRun = isDryRun(query, 'CreateOptions');
  await judgeRequest(
    { user, target, operation: 'CREATE', object: asked, isDryRun: dryRun },
    context,
  );
  const token = issuerOf(context).issue({
    namespace,
    account: name,
    audiences,
    expirationSeconds,
    ...bindingOf(spec, namespace, context),
  });
  const expiresAt = Math.floor(context.clock.now() / 1000) * 1000 + expirationSeconds * 1000;
  const object = {
    ...TOKEN_REQUEST,
    metadata: { name, namespace, creationTimestamp: null },
    spec: {
      ...spec,
      audiences: audiences.length === 0 ? [TOKEN_ISSUER] : audiences,
      expirationSeconds,
      boundObjectRef: boundObjectRef ?? null,
    },
    status: { token, expirationTimestamp: new Date(expiresAt).toISOString().replace('.000Z', 'Z') },
  };
  return { status: 201, kind: 'object', object };
};

function checkPost({ method }: ApiRequest): void {
  if (method !== 'POST') throw methodNotAllowed();
}

function issuerOf({ tokens }: ApiContext): TokenIssuer {
  if (tokens !== undefined) return tokens;
  throw new ApiError('ServiceUnavailable', 'this API server issues no tokens');
}

function checkedSeconds(seconds: number): number {
  if (typeof seconds === 'number' && seconds >= MIN_SECONDS && seconds <= MAX_SECONDS)
    return seconds;
  const why =
    seconds > MAX_SECONDS
      ? 'may not specify a duration larger than 2^32 seconds'
      : 'may not specify a duration less than 10 minutes';
  throw invalidObject({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
    invalidField('spec.expirationSeconds', seconds, why),
  ]);
}

/** What the token is to end with. @throws ApiError NotFound, Conflict, BadRequest. */
function bindingOf(
  { boundObjectRef }: TokenRequestSpec,
  namespace: string,
  context: ApiContext,
): Pick<TokenWish, 'boundTo' | 'node'> {
  const { kind, name = '', uid = '' } = boundObjectRef ?? {};
  if (kind === undefined) return {};
  if (!isBindable(kind))
    throw new ApiError(
      'BadRequest',
      `cannot bind token for serviceaccount to object of type ${kind}`,
    );
  const own = uidOf({ kind, namespace, name }, context);
  if (uid !== '' && uid !== own)
    throw new ApiError(
      'Conflict',
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  const node =
    kind === 'Pod' ? context.store.get('Pod', namespace, name)?.spec?.nodeName : undefined;
  return { boundTo: { kind, name, uid: own }, ...(node !== undefined && { node }) };
}

function isBindable(kind: string): kind is BoundObject['kind'] {
  return kind === 'Pod' || kind === 'Secret' || kind === 'Node';
}

interface Referred extends Pick<BoundObject, 'kind' | 'name'> {
  readonly namespace: string;
}

/** @throws ApiError NotFound. */
function uidOf({ kind, namespace, name }: Referred, { store, kinds }: ApiContext): string {
  const found = store.get<string>(kind, kind === 'Node' ? undefined : namespace, name);
  if (found === undefined) throw notFound(kinds.byName(kind), name);
  return found.metadata.uid ?? '';
}

/** `POST tokenreviews`: who a token stands for. */
export const reviewToken: ResourceHandler = async (request, target, context) => {
  checkPost(request);
  const { value } = await decodeBody(request);
  const spec = (value['spec'] ?? {}) as JsonObject; // its fields are checked where they are used
  const token = typeof spec['token'] === 'string' ? spec['token'] : '';
  if (token === '')
    throw new ApiError('BadRequest', 'token is required for TokenReview in authentication');
  const given = Array.isArray(spec['audiences']) ? spec['audiences'].map(String) : [];
  const found = issuerOf(context).review(token, given.length === 0 ? undefined : given);
  const status =
    found === undefined
      ? { user: {}, error: 'invalid bearer token' }
      : {
          authenticated: true,
          user: {
            username: found.user.name,
            uid: found.uid,
            groups: found.user.groups,
            extra: found.extra,
          },
          audiences: found.audiences,
        };
  const object = {
    kind: target.definition.name,
    apiVersion: apiVersionOf(target),
    metadata: { creationTimestamp: null },
    spec,
    status,
  };
  return { status: 201, kind: 'object', object };
};

/** `/openid/v1/jwks`. */
export function serveKeys(_request: ApiRequest, context: ApiContext): ApiResponse {
  return {
    status: 200,
    kind: 'bytes',
    contentType: 'application/jwk-set+json',
    bytes: JSON.stringify(issuerOf(context).keys()),
  };
}

/** `/.well-known/openid-configuration`. */
export function serveOpenId(): ApiResponse {
  const document = {
    issuer: TOKEN_ISSUER,
    jwks_uri: `${TOKEN_ISSUER}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
  return {
    status: 200,
    kind: 'bytes',
    contentType: 'application/json',
    bytes: JSON.stringify(document),
  };
}
