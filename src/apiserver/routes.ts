import { ApiError, type KindDefinition } from '../api/index.ts';
import { authorizeRequest, authorizeUpgrade } from './authorization/index.ts';
import type { ApiContext, ResourceHandler, Target } from './context.ts';
import { storedDefinition } from './convert.ts';
import { discover, rootPaths } from './discovery/index.ts';
import { checkOf, healthOf, VERSION } from './health.ts';
import { methodNotAllowed, resourceNotFound } from './refusals.ts';
import { splitTarget, textResponse, type ApiRequest, type ApiResponse } from './request.ts';
import { parseResourcePath, type ResourcePath } from './resource-path.ts';
import { deleteCollection, deleteObject } from './resources/delete.ts';
import { judgeConnection } from './resources/judge-request.ts';
import { isSet } from './resources/parameters.ts';
import { getObject, listObjects } from './resources/read.ts';
import { deprecationsOf } from './resources/deprecations.ts';
import { watchObjects } from './resources/watch.ts';
import type { UpgradeRequest } from './server.ts';
import { serveKeys, serveOpenId } from './subresources/token.ts';
import { UPGRADES } from './subresources/upgrades.ts';
import { createObject, patchResource, replaceObject } from './resources/write.ts';

/** Paths of the server itself. */
type ServerHandler = (
  request: ApiRequest,
  context: ApiContext,
) => ApiResponse | Promise<ApiResponse>;

const SERVER_PATHS: Readonly<Record<string, ServerHandler>> = {
  '/': (_, { kinds }) => ({ status: 200, kind: 'object', object: { paths: rootPaths(kinds) } }),
  '/version': () => ({ status: 200, kind: 'object', object: VERSION }),
  '/healthz': healthOf,
  '/livez': healthOf,
  '/readyz': healthOf,
  '/openid/v1/jwks': serveKeys,
  '/.well-known/openid-configuration': serveOpenId,
};

/**
 * Answers one request.
 *
 * @throws ApiError, which the caller turns into a Status.
 */
export async function route(request: ApiRequest, context: ApiContext): Promise<ApiResponse> {
  authorizeRequest(request, context.store);
  const { path } = request;
  const server = SERVER_PATHS[path.length > 1 ? path.replace(/\/$/, '') : path];
  if (server !== undefined) {
    requireRead(request);
    return server(request, context);
  }
  const check = checkOf(path);
  if (check !== undefined) return check;
  if (path === '/openapi' || path.startsWith('/openapi/')) {
    const { serveOpenApi } = await import('./openapi/index.ts');
    return (await serveOpenApi(request, context)) ?? pageNotFound();
  }
  const resource = readPath(path);
  if (resource !== undefined) return routeResource(request, resource, context);
  const found = discover(request, context.kinds, request.headers.host ?? '');
  if (found === undefined) return notDiscovered(path, context);
  requireRead(request);
  return found;
}

/** What only tells something can only be read. @throws ApiError MethodNotAllowed. */
function requireRead({ method }: ApiRequest): void {
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed();
}

/** @throws ApiError NotFound for another version of a group that is there. */
function notDiscovered(path: string, { kinds }: ApiContext): ApiResponse {
  const [root, ...rest] = path.split('/').filter((part) => part !== '');
  const group = root === 'api' ? '' : rest[0];
  const isVersion = rest.length === (root === 'api' ? 1 : 2);
  if ((root === 'api' || root === 'apis') && isVersion && isGroup(group, kinds))
    throw resourceNotFound();
  return pageNotFound();
}

/** Groups of definitions are found by their resources alone. */
function isGroup(group: string | undefined, kinds: ApiContext['kinds']): boolean {
  return kinds
    .all()
    .some((definition) => definition.origin === 'builtin' && definition.group === group);
}

function pageNotFound(): ApiResponse {
  return textResponse(404, '404 page not found\n');
}

function readPath(path: string): ResourcePath | undefined {
  try {
    return parseResourcePath(path);
  } catch {
    throw new ApiError('BadRequest', `the path ${JSON.stringify(path)} is not percent-encoded`);
  }
}

async function routeResource(
  request: ApiRequest,
  path: ResourcePath,
  context: ApiContext,
): Promise<ApiResponse> {
  const target = targetOf(path, context);
  if (target === undefined) return pageNotFound();
  const deprecations = deprecationsOf(target);
  try {
    await judgeConnection(request, target, context);
    const answer = await handlerOf(request, { path, target, context })(request, target, context);
    if (deprecations.length === 0) return answer;
    return { ...answer, warnings: [...deprecations, ...(answer.warnings ?? [])] };
  } catch (error) {
    if (error instanceof ApiError) error.warnings.unshift(...deprecations);
    throw error;
  }
}

/** Undefined where the group is not served in that version. @throws ApiError NotFound for a resource that is not in it. */
function targetOf(path: ResourcePath, context: ApiContext): Target | undefined {
  const definition = context.kinds.byResource(path.group, path.plural);
  // Who serves the resource serves its group.
  const isThere = definition !== undefined && isServed(definition, path);
  if (!isThere && !isGroup(path.group, context.kinds)) return undefined;
  if (!isThere) throw resourceNotFound();
  return {
    definition: storedDefinition(definition),
    version: path.version,
    rest: path.rest,
    ...(path.namespace !== undefined && { namespace: path.namespace }),
    ...(path.name !== undefined && { name: path.name }),
    ...(path.subresource !== undefined && { subresource: path.subresource }),
  };
}

/**
 * Hands a connection that leaves HTTP to whoever speaks the other protocol.
 *
 * @throws ApiError before the client was answered.
 */
export async function routeUpgrade(upgrade: UpgradeRequest, context: ApiContext): Promise<void> {
  authorizeUpgrade(upgrade, context.store);
  const [path, query] = splitTarget(upgrade.message.url ?? '');
  const resource = readPath(path);
  if (resource === undefined) throw resourceNotFound();
  const target = targetOf(resource, context);
  if (target === undefined) throw resourceNotFound();
  const { definition, subresource = '' } = target;
  const isOurs = definition.origin === 'builtin';
  const handler = isOurs ? UPGRADES.get(`${definition.plural}/${subresource}`) : undefined;
  if (handler === undefined)
    throw new ApiError('BadRequest', `unable to upgrade: ${path} speaks HTTP alone`);
  await judgeConnection({ user: upgrade.user, query: new URLSearchParams(query) }, target, context);
  await handler(upgrade, target, context);
}

/** Whether the resource is there in that version and scope. */
function isServed(definition: KindDefinition, { version, namespace, name }: ResourcePath): boolean {
  if (definition.origin === 'guessed' || !definition.versions.includes(version)) return false;
  // Over all namespaces there are only lists.
  if (definition.isNamespaced)
    return namespace !== undefined || (name === undefined && definition.verbs.includes('list'));
  return namespace === undefined;
}

interface Route {
  readonly path: ResourcePath;
  readonly target: Target;
  readonly context: ApiContext;
}

function handlerOf(request: ApiRequest, { path, target, context }: Route): ResourceHandler {
  const { definition, name, subresource } = target;
  const own =
    subresource === undefined
      ? ownHandler(definition, definition.plural, context)
      : subresourceHandler(definition, subresource, context);
  if (own !== undefined) return own;
  const verb = verbOf(request, path);
  const isEverywhere =
    definition.isNamespaced &&
    target.namespace === undefined &&
    verb !== 'list' &&
    verb !== 'watch';
  const isAllowed =
    verb !== undefined &&
    !isEverywhere &&
    (subresource !== undefined || definition.verbs.includes(verb));
  const handler = isAllowed ? (name === undefined ? COLLECTION : ITEM)[verb] : undefined;
  if (handler === undefined) throw methodNotAllowed();
  return handler;
}

/** Undefined for a part of the stored object. @throws ApiError NotFound. */
function subresourceHandler(
  definition: KindDefinition,
  subresource: string,
  context: ApiContext,
): ResourceHandler | undefined {
  const own =
    ownHandler(definition, `${definition.plural}/${subresource}`, context) ??
    context.subresources.get(`*/${subresource}`);
  const isThere = own !== undefined || STORED_SUBRESOURCES.has(subresource);
  if (!definition.subresources.includes(subresource) || !isThere) throw resourceNotFound();
  return own;
}

/** Custom resources may have the names of ours, `bindings` say, and are none of them. */
function ownHandler(
  { origin }: KindDefinition,
  name: string,
  { subresources }: ApiContext,
): ResourceHandler | undefined {
  return origin === 'builtin' ? subresources.get(name) : undefined;
}

/** Subresources that are a part of the stored object. */
const STORED_SUBRESOURCES = new Set(['status', 'finalize']);

type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection';

const ITEM: Partial<Record<Verb, ResourceHandler>> = {
  get: getObject,
  watch: watchObjects,
  update: replaceObject,
  patch: patchResource,
  delete: deleteObject,
};

const COLLECTION: Partial<Record<Verb, ResourceHandler>> = {
  list: listObjects,
  watch: watchObjects,
  create: createObject,
  deletecollection: deleteCollection,
};

/** The API's verb of a request; @see k8s.io/apiserver RequestInfo */
function verbOf({ method, query }: ApiRequest, { name, isWatch }: ResourcePath): Verb | undefined {
  switch (method) {
    case 'GET':
      // One object is read whatever else is asked.
      if (name !== undefined && !isWatch) return 'get';
      return isWatch || isSet(query, 'watch') ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}
