import { goTypeOf, isJsonObject, type JsonObject } from '../../api/index.ts';
import { ApplyError, type TypeProblem } from './apply-error.ts';
import { showElement } from './field-set.ts';
import { showHeld, showUnstructured } from './go-values.ts';
import { elementOf } from './list-items.ts';
import type { FieldType } from './typed-schema.ts';

/**
 * Looks whether a value that is applied has its type; other than in what is stored no item of a list may stand twice.
 *
 * @throws ApplyError with every problem. @see structured-merge-diff `typed/validate.go`
 */
export function checkTyped(value: unknown, type: FieldType): void {
  const problems: TypeProblem[] = [];
  problemsOf(value, type, { path: '', problems });
  if (problems.length > 0) throw new ApplyError(problems);
}

interface Walk {
  readonly path: string;
  readonly problems: TypeProblem[];
}

function problemsOf(value: unknown, type: FieldType, walk: Walk): void {
  if (value === null || value === undefined || type.kind === 'any') return;
  const why = misfit(value, type);
  if (why !== undefined) walk.problems.push({ path: walk.path, why });
  else if (type.kind === 'map' && isJsonObject(value)) mapProblems(value, type, walk);
  else if (type.kind === 'list' && Array.isArray(value)) listProblems(value, type, walk);
}

/** Why a value is none of its type; undefined where it is one. */
function misfit(value: unknown, type: Exclude<FieldType, AnyType>): string | undefined {
  if (type.kind === 'scalar') return scalarMisfit(value, type.of);
  const isFitting = type.kind === 'map' ? isJsonObject(value) : Array.isArray(value);
  return isFitting ? undefined : `expected ${type.kind}, got ${showHeld(value)}`;
}

type AnyType = Extract<FieldType, { readonly kind: 'any' }>;
type Scalar = Extract<FieldType, { readonly kind: 'scalar' }>['of'];

function scalarMisfit(value: unknown, wanted: Scalar): string | undefined {
  switch (wanted) {
    case 'numeric':
      if (typeof value === 'number') return undefined;
      return `expected numeric (int or float), got ${goTypeOf(value)}`;
    case 'string':
      if (typeof value === 'string') return undefined;
      return `expected string, got ${showUnstructured(value)}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${showHeld(value)}`;
    case 'untyped':
      return typeof value === 'object' ? `expected any scalar, got ${showHeld(value)}` : undefined;
    default:
      return wanted satisfies never;
  }
}

function mapProblems(
  value: JsonObject,
  type: Extract<FieldType, { readonly kind: 'map' }>,
  walk: Walk,
): void {
  for (const [name, field] of Object.entries(value)) {
    const path = `${walk.path}.${name}`;
    const fieldType = type.field(name);
    if (fieldType !== undefined) problemsOf(field, fieldType, { ...walk, path });
    else {
      // Nobody looks at what stands behind it.
      walk.problems.push({ path, why: 'field not declared in schema' });
      return;
    }
  }
}

function listProblems(
  list: readonly unknown[],
  type: Extract<FieldType, { readonly kind: 'list' }>,
  walk: Walk,
): void {
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const element = type.merge.by === 'atomic' ? { element: `i:${index}` } : elementOf(item, type);
    if ('why' in element) {
      walk.problems.push({ path: walk.path, why: `element ${index}: ${element.why}` });
      return;
    }
    const shown = showElement(element.element);
    if (seen.has(shown))
      walk.problems.push({ path: walk.path, why: `duplicate entries for key ${shown}` });
    seen.add(shown);
    problemsOf(item, type.items(), { ...walk, path: walk.path + shown });
  }
}
