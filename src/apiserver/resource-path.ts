/** What a path of the API names; @see k8s.io/apiserver RequestInfo */
export interface ResourcePath {
  /** '' is the core group. */
  readonly group: string;
  readonly version: string;
  /** Absent for cluster-scoped resources and for lists over all namespaces. */
  readonly namespace?: string;
  readonly plural: string;
  readonly name?: string;
  readonly subresource?: string;
  /** What follows the subresource, with its slash: `/healthz` of `…/proxy/healthz`; '' for nothing. */
  readonly rest: string;
  /** The old form `/api/v1/watch/…` of a watch. */
  readonly isWatch: boolean;
}

/** Subresources of namespaces; any other word after a namespace's name is a resource in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** What was read last: a request's path is asked for by its authorization and by its route. */
let last: { readonly path: string; readonly resource: ResourcePath | undefined } | undefined;

/**
 * Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`.
 *
 * @returns undefined for a path that names no resource. @throws URIError for a bad percent-encoding.
 */
export function parseResourcePath(path: string): ResourcePath | undefined {
  if (last?.path === path) return last.resource;
  const resource = readResourcePath(path);
  last = { path, resource };
  return resource;
}

function readResourcePath(path: string): ResourcePath | undefined {
  const raw = path.split('/').slice(1);
  const parts = raw.map(decodePart);
  const head = groupVersionOf(parts);
  if (head === undefined) return undefined;
  const { group, version, length } = head;
  const isWatch = parts[length] === 'watch' && parts.length > length + 1;
  const start = isWatch ? length + 1 : length;
  const scoped = namespaceOf(parts, start);
  const at = scoped.namespace === undefined ? start : start + 2;
  const [plural, name, subresource] = parts.slice(at);
  if (plural === undefined || plural === '') return undefined;
  const rest = raw.slice(at + 3);
  return {
    group,
    version,
    ...scoped,
    plural,
    ...(name !== undefined && name !== '' && { name }),
    ...(subresource !== undefined && subresource !== '' && { subresource }),
    rest: rest.length === 0 ? '' : `/${rest.join('/')}`,
    isWatch,
  };
}

function decodePart(part: string): string {
  return part.includes('%') ? decodeURIComponent(part) : part;
}

function groupVersionOf(
  parts: readonly string[],
): { readonly group: string; readonly version: string; readonly length: number } | undefined {
  const [root, first, second] = parts;
  if (root === 'api' && first !== undefined && first !== '')
    return { group: '', version: first, length: 2 };
  if (root === 'apis' && first !== undefined && first !== '' && second !== undefined)
    return second === '' ? undefined : { group: first, version: second, length: 3 };
  return undefined;
}

/** A namespace is itself a resource: `/namespaces/a` is one, `/namespaces/a/pods` is within. */
function namespaceOf(parts: readonly string[], start: number): { readonly namespace?: string } {
  const [word, namespace, next = ''] = parts.slice(start);
  const isWithin = word === 'namespaces' && next !== '' && !NAMESPACE_SUBRESOURCES.has(next);
  return isWithin && namespace !== undefined ? { namespace } : {};
}
