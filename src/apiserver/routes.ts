import { ApiError, type KindDefinition } from '../api/index.ts';
import { authorizeRequest, authorizeUpgrade } from './authorization/index.ts';
import type { ApiContext, ResourceHandler, Target } from './context.ts';
import { storedDefinition } from './convert.ts';
import { discover, rootPaths } from './discovery/index.ts';
import { healthOf, VERSION } from './health.ts';
import { textResponse, type ApiRequest, type ApiResponse } from './request.ts';
import { parseResourcePath, type ResourcePath } from './resource-path.ts';
import { deleteCollection, deleteObject } from './resources/delete.ts';
import { isSet } from './resources/parameters.ts';
import { getObject, listObjects } from './resources/read.ts';
import { deprecationsOf } from './resources/warnings.ts';
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
  if (server !== undefined) return server(request, context);
  if (path === '/openapi' || path.startsWith('/openapi/')) {
    const { serveOpenApi } = await import('./openapi/index.ts');
    return (await serveOpenApi(request, context)) ?? pageNotFound();
  }
  const resource = readPath(path);
  if (resource !== undefined) return routeResource(request, resource, context);
  return discover(request, context.kinds, request.headers.host ?? '') ?? pageNotFound();
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
  const answer = await handlerOf(request, { path, target, context })(request, target, context);
  const deprecations = deprecationsOf(target);
  if (deprecations.length === 0) return answer;
  return { ...answer, warnings: [...deprecations, ...(answer.warnings ?? [])] };
}

/** Undefined where the group is not served in that version. @throws ApiError NotFound for a resource that is not in it. */
function targetOf(path: ResourcePath, context: ApiContext): Target | undefined {
  const definition = context.kinds.byResource(path.group, path.plural);
  // Who serves the resource serves its group.
  const isThere = definition !== undefined && isServed(definition, path);
  if (!isThere && !isGroupServed(path, context)) return undefined;
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

function isGroupServed({ group, version }: ResourcePath, { kinds }: ApiContext): boolean {
  return kinds
    .all()
    .some((definition) => definition.group === group && definition.versions.includes(version));
}

/**
 * Hands a connection that leaves HTTP to whoever speaks the other protocol.
 *
 * @throws ApiError before the client was answered.
 */
export async function routeUpgrade(upgrade: UpgradeRequest, context: ApiContext): Promise<void> {
  authorizeUpgrade(upgrade, context.store);
  const [path = ''] = (upgrade.message.url ?? '').split('?', 1);
  const resource = readPath(path);
  if (resource === undefined) throw resourceNotFound();
  const target = targetOf(resource, context);
  if (target === undefined) throw resourceNotFound();
  const { definition, subresource = '' } = target;
  const handler = UPGRADES.get(`${definition.plural}/${subresource}`);
  if (handler === undefined)
    throw new ApiError('BadRequest', `unable to upgrade: ${path} speaks HTTP alone`);
  await handler(upgrade, target, context);
}

/** Whether the resource is there in that version and scope. */
function isServed(definition: KindDefinition, { version, namespace, name }: ResourcePath): boolean {
  if (definition.origin === 'guessed' || !definition.versions.includes(version)) return false;
  if (definition.isNamespaced) return namespace !== undefined || name === undefined;
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
      ? context.subresources.get(definition.plural)
      : subresourceHandler(definition, subresource, context);
  if (own !== undefined) return own;
  const verb = verbOf(request, path);
  const isAllowed =
    verb !== undefined && (subresource !== undefined || definition.verbs.includes(verb));
  const handler = isAllowed ? (name === undefined ? COLLECTION : ITEM)[verb] : undefined;
  if (handler === undefined)
    throw new ApiError(
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    );
  return handler;
}

function resourceNotFound(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', {
    details: {},
  });
}

/** Undefined for a part of the stored object. @throws ApiError NotFound. */
function subresourceHandler(
  { plural, subresources }: KindDefinition,
  subresource: string,
  context: ApiContext,
): ResourceHandler | undefined {
  const handlers = context.subresources;
  const own = handlers.get(`${plural}/${subresource}`) ?? handlers.get(`*/${subresource}`);
  const isThere = own !== undefined || STORED_SUBRESOURCES.has(subresource);
  if (!subresources.includes(subresource) || !isThere) throw resourceNotFound();
  return own;
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
    case 'HEAD':
      if (isWatch || isSet(query, 'watch')) return 'watch';
      return name === undefined ? 'list' : 'get';
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
