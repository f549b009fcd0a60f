import { createRequire } from 'node:module';
import type * as Rfc6902 from 'rfc6902';
import type { Operation } from 'rfc6902';
import { ApiError } from '../errors.ts';
import { isJsonObject } from './json.ts';

/** Loaded with the first JSON patch, which few sessions see. */
let library: typeof Rfc6902 | undefined;

function rfc6902(): typeof Rfc6902 {
  // The cast holds: the package's types describe what `require` returns.
  library ??= createRequire(import.meta.url)('rfc6902') as typeof Rfc6902;
  return library;
}

/** The API server says no more than this when a JSON patch does not apply. */
const REJECTED = 'the server rejected our request due to an error in our request';

const OPERATIONS: ReadonlySet<unknown> = new Set([
  'add',
  'remove',
  'replace',
  'move',
  'copy',
  'test',
]);

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

/** Names that would reach a prototype instead of a field. */
const FORBIDDEN_TOKENS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Applies a JSON patch, all of it or nothing.
 *
 * @returns A new document; `document` stays as it is.
 * @throws ApiError BadRequest for what is no patch, Invalid when an operation does not apply.
 * @throws JsonPatchTestFailed when a test of something that is there, or of a field that may be, fails.
 * @see RFC 6902
 */
export function jsonPatch(document: unknown, patch: unknown): unknown {
  const operations = readOperations(patch);
  // The library works in place.
  let result: unknown = structuredClone(document);
  let copied = 0;
  for (const operation of operations) {
    if (operation.op === 'copy') copied += sizeAt(result, operation.from);
    if (copied > MAX_COPIED) throw invalid();
    result = applyOne(result, operation);
  }
  return result;
}

/** Length of the JSON that is there; 0 where nothing is. */
function sizeAt(document: unknown, pointer: string): number {
  const value: unknown = rfc6902().Pointer.fromJSON(pointer).evaluate(document).value;
  return value === undefined ? 0 : JSON.stringify(value).length;
}

function readOperations(patch: unknown): readonly Operation[] {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch is a list of operations');
  if (patch.length > MAX_OPERATIONS) {
    throw new ApiError(
      'BadRequest',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  return patch.map(readOperation);
}

function readOperation(operation: unknown): Operation {
  if (!isJsonObject(operation)) throw badRequest('an operation of a JSON patch is an object');
  const { op, path, from } = operation;
  if (!OPERATIONS.has(op)) throw invalid();
  const pointers = op === 'move' || op === 'copy' ? [path, from] : [path];
  if (!pointers.every(isPointer)) throw invalid();
  const needsValue = op === 'add' || op === 'replace' || op === 'test';
  if (needsValue && !Object.hasOwn(operation, 'value')) throw invalid();
  // The members that each operation must have were just looked at.
  return operation as unknown as Operation;
}

function isPointer(path: unknown): boolean {
  if (typeof path !== 'string' || !/^(?:\/(?:[^~/]|~[01])*)*$/.test(path)) return false;
  return !path.split('/').some((token) => FORBIDDEN_TOKENS.has(token));
}

function applyOne(document: unknown, operation: Operation): unknown {
  const { op, path } = operation;
  // The library has no parent to put a whole document into.
  if (path === '' && (op === 'add' || op === 'replace')) return structuredClone(operation.value);
  if (!hasContainer(document, operation)) throw invalid();
  const [problem] = rfc6902().applyPatch(document, [operation]);
  if (problem !== null)
    throw isFailedTest(document, operation) ? new JsonPatchTestFailed() : invalid();
  return document;
}

/** Whether it could be tested: where a list has no such item nothing can. */
function isFailedTest(document: unknown, { op, path }: Operation): boolean {
  if (op !== 'test') return false;
  if (path === '') return true;
  const { parent, value } = rfc6902().Pointer.fromJSON(path).evaluate(document);
  return !Array.isArray(parent) || value !== undefined;
}

/** Whether the target's parent is a collection, and an index one that the operation may use. */
function hasContainer(document: unknown, { op, path }: Operation): boolean {
  const pointer = rfc6902().Pointer.fromJSON(path);
  if (path === '') return op === 'test';
  const parent: unknown = pointer.parent().evaluate(document).value;
  if (!Array.isArray(parent)) return isJsonObject(parent);
  const token = pointer.tokens.at(-1) ?? '';
  const isInsertion = op === 'add' || op === 'move' || op === 'copy';
  return token === '-' ? isInsertion : /^(?:0|[1-9]\d*)$/.test(token);
}

function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

function invalid(): ApiError {
  return new ApiError('Invalid', REJECTED, { details: {} });
}
