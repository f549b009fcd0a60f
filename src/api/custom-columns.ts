import { parseExpression, valuesOf, type TemplateNode } from '../json-path/index.ts';
import { ageOf } from './human-duration.ts';
import type { Column, FieldReader } from './kind.ts';
import type { KubeObject } from './object.ts';

/** A column of a CustomResourceDefinition. @see apiextensions.k8s.io/v1 CustomResourceColumnDefinition */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

const TYPES: ReadonlySet<string> = new Set(['string', 'integer', 'number', 'boolean', 'date']);

/** How `kubectl get` prints what the path finds; a path that cannot be read finds nothing. */
export function customColumn({
  name,
  type,
  format,
  priority = 0,
  jsonPath,
}: PrinterColumn): Column {
  const expression = readExpression(jsonPath);
  return {
    name,
    // A definition's types are those of a Table.
    type: (TYPES.has(type) ? type : 'string') as Column['type'],
    ...(format !== undefined && { format }),
    priority,
    value: (object, now) => cellOf(find(expression, object), type, now),
  };
}

/** A field selector over a path of the definition, `.spec.color`, under the name that selectors use. */
export function selectableField(
  jsonPath: string,
): readonly [name: string, read: FieldReader<KubeObject>] {
  const expression = readExpression(jsonPath);
  return [
    jsonPath.replace(/^\./, ''),
    (object) => {
      const [first] = find(expression, object);
      if (first === undefined || first === null) return '';
      return typeof first === 'string' ? first : JSON.stringify(first);
    },
  ];
}

function readExpression(jsonPath: string): readonly TemplateNode[] {
  try {
    return parseExpression(jsonPath);
  } catch {
    // Definitions are validated when they are written; one that slipped in has an empty column.
    return [];
  }
}

function find(expression: readonly TemplateNode[], object: KubeObject): readonly unknown[] {
  try {
    return valuesOf(expression, object);
  } catch {
    // An index beyond its list, say.
    return [];
  }
}

/** One value as its type is shown; of several the first, except of texts, which are joined. */
function cellOf(found: readonly unknown[], type: string, now: number): string | number {
  const [first] = found;
  if (first === undefined || first === null) return '';
  if (type === 'date') return typeof first === 'string' ? ageOf(first, now) : '<invalid>';
  if (type === 'integer' || type === 'number') return typeof first === 'number' ? first : '';
  if (type === 'boolean') return typeof first === 'boolean' ? String(first) : '';
  return found
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(' ');
}
