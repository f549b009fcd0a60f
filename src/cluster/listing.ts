import {
  ApiError,
  columnsOf,
  shownCell,
  type KindDefinition,
  type KindRegistry,
  type KubeObject,
  type ListOptions,
  type Store,
  type StoreEvent,
} from '../api/index.ts';
import type { ListedItem, ListedKind, ListRequest, WatchLine } from '../control/index.ts';

export interface Listing {
  list(request: ListRequest): readonly ListedKind[];
  /** Present objects first, then each change until the signal fires. */
  watch(request: ListRequest, send: (line: WatchLine) => void, signal: AbortSignal): void;
  /** The objects that are named. @throws ApiError NotFound */
  find(request: ListRequest): readonly KubeObject[];
  /** As `find`; where one name is no object's, those whose names begin so. @throws ApiError NotFound */
  findByPrefix(request: ListRequest): readonly KubeObject[];
}

/** What `get`, `describe` and their like see of the store, named as kubectl names things. */
export function createListing(store: Store, kinds: KindRegistry, now: () => number): Listing {
  const kindsOf = (resource: string): readonly KindDefinition[] => {
    const found = resource.split(',').flatMap((name) => kinds.resolve(name));
    if (found.length === 0) {
      throw new ApiError('BadRequest', `the server doesn't have a resource type "${resource}"`);
    }
    return found;
  };
  const item = (definition: KindDefinition, object: KubeObject): ListedItem => ({
    object,
    cells: columnsOf(definition).map((column) => shownCell(column, object, now())),
  });
  const objectsOf = (definition: KindDefinition, request: ListRequest): readonly KubeObject[] => {
    const { names = [] } = request;
    if (names.length > 0)
      return names.map((name) => get(store, definition, { name, namespace: request.namespace }));
    return store.list<string>(definition.name, listOptions(definition, request));
  };
  const find = (request: ListRequest): readonly KubeObject[] =>
    kindsOf(request.resource).flatMap((definition) => objectsOf(definition, request));
  return {
    list: (request) =>
      kindsOf(request.resource).map((definition) => ({
        ...headOf(definition),
        items: objectsOf(definition, request).map((object) => item(definition, object)),
        isNamed: (request.names ?? []).length > 0,
      })),
    watch: (request, send, signal) => {
      for (const definition of kindsOf(request.resource)) {
        const watch = store.watch<string>(
          definition.name,
          ({ type, object }: StoreEvent) => {
            if (
              request.names !== undefined &&
              request.names.length > 0 &&
              !request.names.includes(object.metadata.name)
            )
              return;
            send({ type, ...headOf(definition), item: item(definition, object) });
          },
          { ...listOptions(definition, request), sendInitialEvents: true },
        );
        signal.addEventListener('abort', () => watch[Symbol.dispose](), { once: true });
      }
    },
    find,
    findByPrefix: (request) => {
      try {
        return find(request);
      } catch (error) {
        const { names: [prefix, ...others] = [], ...rest } = request;
        const isMissing = error instanceof ApiError && error.reason === 'NotFound';
        if (!isMissing || prefix === undefined || others.length > 0) throw error;
        const found = find(rest).filter(({ metadata: { name } }) => name.startsWith(prefix));
        if (found.length === 0) throw error;
        return found;
      }
    },
  };
}

function headOf(definition: KindDefinition): Pick<ListedKind, 'resource' | 'singular' | 'columns'> {
  const { plural, singular, group } = definition;
  const ending = group === '' ? '' : `.${group}`;
  return {
    resource: plural + ending,
    singular: singular + ending,
    columns: columnsOf(definition).map(({ name, priority }) => ({ name, priority })),
  };
}

function listOptions({ isNamespaced }: KindDefinition, request: ListRequest): ListOptions {
  const { namespace, isAllNamespaces, labelSelector, fieldSelector } = request;
  return {
    ...(isNamespaced && isAllNamespaces !== true ? { namespace } : {}),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

function get(
  store: Store,
  definition: KindDefinition,
  at: { readonly name: string; readonly namespace: string },
): KubeObject {
  const object = store.get<string>(
    definition.name,
    definition.isNamespaced ? at.namespace : undefined,
    at.name,
  );
  if (object !== undefined) return object;
  const resource =
    definition.group === '' ? definition.plural : `${definition.plural}.${definition.group}`;
  throw new ApiError('NotFound', `${resource} "${at.name}" not found`);
}
