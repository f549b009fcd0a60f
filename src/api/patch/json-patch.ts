import { deepEqual } from '../deep-equal.ts';
import { ApiError } from '../errors.ts';
import { getField, isJsonObject, setField, type JsonObject } from './json.ts';

/** The API server says no more than this when a JSON patch does not apply. */
const REJECTED = 'the server rejected our request due to an error in our request';

/** The API server's limit. */
const MAX_OPERATIONS = 10_000;

/** How many characters copies may add: each may double a document. @see apiserver `JSONPatchMaxCopyBytes` */
const MAX_COPIED = 3 * 1024 * 1024;

/** What a patch asked for is not so: it is not to be applied. */
export class JsonPatchTestFailed extends ApiError {
  constructor() {
    super('Invalid', REJECTED, { details: {} });
  }
}

/**
 * Applies a JSON patch, all of it or nothing, as the API server does: a member that is not there is null, so that it can
 * be replaced, copied and tested for being null, and -1 is a list's last item. No library does this.
 *
 * @returns A new document; `document` stays as it is.
 * @throws ApiError BadRequest for what is no patch, RequestEntityTooLarge for one of too many operations, Invalid when
 *   one does not apply.
 * @throws JsonPatchTestFailed when something is not as it is tested for.
 * @see RFC 6902; github.com/evanphx/json-patch v4
 */
export function jsonPatch(document: unknown, patch: unknown): unknown {
  const operations = readOperations(patch);
  const state: State = { document: structuredClone(document), copied: 0 };
  for (const operation of operations) applyOne(state, operation);
  return state.document;
}

function readOperations(patch: unknown): readonly JsonObject[] {
  if (patch === null) return [];
  if (!Array.isArray(patch)) throw unreadable(patch, 'Patch');
  const odd: unknown = patch.find((operation) => operation !== null && !isJsonObject(operation));
  if (odd !== undefined) throw unreadable(odd, 'Operation');
  if (patch.length > MAX_OPERATIONS)
    throw new ApiError(
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  return patch.map((operation): JsonObject => (isJsonObject(operation) ? operation : {}));
}

function unreadable(value: unknown, type: string): ApiError {
  const got = Array.isArray(value)
    ? 'array'
    : isJsonObject(value)
      ? 'object'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
  return new ApiError(
    'BadRequest',
    `json: cannot unmarshal ${got} into Go value of type jsonpatch.${type}`,
  );
}

/** A document that is changed in place, being a copy. */
interface State {
  document: unknown;
  /** How many characters copies have added so far. */
  copied: number;
}

function applyOne(state: State, operation: JsonObject): void {
  switch (operation['op']) {
    case 'add':
      return add(placeOf(state, operation['path']), valueOf(operation));
    case 'remove':
      return remove(placeOf(state, operation['path']));
    case 'replace':
      return replace(state, operation);
    case 'move': {
      const from = placeOf(state, operation['from']);
      const value = get(from);
      remove(from);
      return add(placeOf(state, operation['path']), value ?? null);
    }
    case 'copy':
      return copy(state, operation);
    case 'test':
      return test(state, operation);
    default:
      throw invalid();
  }
}

/** Of an operation; null where it has none. */
function valueOf(operation: JsonObject): unknown {
  return structuredClone(getField(operation, 'value') ?? null);
}

/** Where something is, or may be put. */
type Place =
  | { readonly fields: Record<string, unknown>; readonly name: string }
  | { readonly items: unknown[]; readonly index: string };

/** @throws ApiError Invalid for a pointer to the whole, and for one through what is no collection. */
function placeOf({ document }: State, pointer: unknown): Place {
  // What stands before the first slash does not matter.
  const [, ...tokens] = typeof pointer === 'string' ? pointer.split('/').map(decodeToken) : [];
  const last = tokens.pop();
  if (last === undefined) throw invalid();
  let container = document;
  for (const token of tokens) container = get(placeIn(container, token));
  return placeIn(container, last);
}

function decodeToken(token: string): string {
  return token.replaceAll(/~[01]/g, (escape) => (escape === '~1' ? '/' : '~'));
}

function placeIn(container: unknown, token: string): Place {
  if (Array.isArray(container)) return { items: container, index: token };
  if (isJsonObject(container)) return { fields: container, name: token };
  throw invalid();
}

/** What is there; undefined for a member that is not. @throws ApiError Invalid for an item that is not there. */
function get(place: Place): unknown {
  if ('fields' in place) return getField(place.fields, place.name);
  return place.items[indexOf(place.index, place.items.length, place.items.length - 1)];
}

/** An index from the beginning, of `-1` and the like too. @throws ApiError Invalid. */
function indexOf(text: string, length: number, max: number): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw invalid();
  const given = Number(text);
  const index = given < 0 ? given + length : given + 0;
  if (index < 0 || index > max) throw invalid();
  return index;
}

function add(place: Place, value: unknown): void {
  if ('fields' in place) return setField(place.fields, place.name, value);
  const { items, index } = place;
  if (index === '-') items.push(value);
  else items.splice(indexOf(index, items.length + 1, items.length), 0, value);
}

function remove(place: Place): void {
  if ('items' in place) {
    const { items, index } = place;
    items.splice(indexOf(index, items.length, items.length - 1), 1);
  } else if (Object.hasOwn(place.fields, place.name)) delete place.fields[place.name];
  else throw invalid();
}

function replace(state: State, operation: JsonObject): void {
  const value = valueOf(operation);
  if (operation['path'] === '') {
    if (typeof value !== 'object' || value === null) throw invalid();
    state.document = value;
    return;
  }
  const place = placeOf(state, operation['path']);
  if ('fields' in place) setField(place.fields, place.name, value);
  else {
    const { items, index } = place;
    items[indexOf(index, items.length, items.length - 1)] = value;
  }
}

function copy(state: State, operation: JsonObject): void {
  const value = get(placeOf(state, operation['from'])) ?? null;
  const place = placeOf(state, operation['path']);
  state.copied += JSON.stringify(value).length;
  if (state.copied > MAX_COPIED) throw invalid();
  add(place, structuredClone(value));
}

function test(state: State, operation: JsonObject): void {
  const { path } = operation;
  const present = path === '' ? state.document : get(placeOf(state, path));
  if (!deepEqual(present ?? null, getField(operation, 'value') ?? null))
    throw new JsonPatchTestFailed();
}

function invalid(): ApiError {
  return new ApiError('Invalid', REJECTED, { details: {} });
}
