import { checkPathSegment, requiredValue } from '../../api/index.ts';
import { isSet } from '../resources/parameters.ts';
import { parseResourcePath, type ResourcePath } from '../resource-path.ts';
import type { ApiRequest } from '../request.ts';

/** A request for a resource, as rules name it. */
export interface ResourceAccess {
  readonly kind: 'resource';
  readonly verb: string;
  /** '' is the core group. */
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  /** '' is the whole cluster. */
  readonly namespace: string;
  /** '' is every object. */
  readonly name: string;
}

/** What a request wants; @see k8s.io/apiserver `authorizer.Attributes` */
export type AccessAttributes =
  | ResourceAccess
  | { readonly kind: 'path'; readonly verb: string; readonly path: string };

/** What of a request its authorization looks at. */
export type AccessRequest = Pick<ApiRequest, 'method' | 'path' | 'query'>;

/** @throws ApiError BadRequest as reading the query does. */
export function attributesOf(request: AccessRequest): AccessAttributes {
  const { method, path } = request;
  const parsed = readPath(path);
  if (parsed === undefined) return { kind: 'path', verb: method.toLowerCase(), path };
  const { group, plural, subresource = '' } = parsed;
  // A Namespace is in itself.
  const isNamespace = plural === 'namespaces' && parsed.namespace === undefined;
  return {
    kind: 'resource',
    verb: verbOf(request, parsed),
    group,
    resource: plural,
    subresource,
    namespace: parsed.namespace ?? (isNamespace ? (parsed.name ?? '') : ''),
    name: parsed.name ?? selectedName(request) ?? '',
  };
}

/** Whoever lists or watches one object by its name asks for that object alone. @see k8s.io/apiserver RequestInfo */
function selectedName({ method, query }: AccessRequest): string | undefined {
  if (VERBS[method] !== 'get') return undefined;
  const name = requiredValue(query.get('fieldSelector') ?? '', 'metadata.name') ?? '';
  return name === '' || checkPathSegment(name).length > 0 ? undefined : name;
}

function readPath(path: string): ResourcePath | undefined {
  try {
    return parseResourcePath(path);
  } catch {
    // What is not percent-encoded names nothing.
    return undefined;
  }
}

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function verbOf({ method, query }: AccessRequest, { name, isWatch }: ResourcePath): string {
  const verb = VERBS[method] ?? '';
  if (verb === 'get' && isWatch) return 'watch';
  if (name !== undefined) return verb;
  if (verb === 'get') return isSet(query, 'watch') ? 'watch' : 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
}
