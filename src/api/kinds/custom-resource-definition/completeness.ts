import type { FieldError } from '../../errors.ts';
import type { JSONSchemaProps } from '../../types.ts';
import { required, type Errors } from '../validate/field-errors.ts';
import { itemsOf, sortedSchemas } from './json-schema.ts';

interface Paths {
  /** Of the shape. */
  readonly structural: string;
  /** Of what judges values of that shape. */
  readonly logic: string;
}

/** What is judged has a shape. @see apiextensions `validateStructuralCompleteness` */
export function validateCompleteness(
  logic: JSONSchemaProps,
  shape: JSONSchemaProps,
  { structural, logic: path }: Paths,
): Errors {
  const { not, allOf = [], anyOf = [], oneOf = [] } = logic;
  const lists = { allOf, anyOf, oneOf };
  return [
    ...(not === undefined
      ? []
      : validateNestedCompleteness(not, shape, { structural, logic: `${path}.not` })),
    ...Object.entries(lists).flatMap(([name, list]) =>
      list.flatMap((inner, index) =>
        validateNestedCompleteness(inner, shape, {
          structural,
          logic: `${path}.${name}[${index}]`,
        }),
      ),
    ),
  ];
}

function validateNestedCompleteness(
  logic: JSONSchemaProps,
  shape: JSONSchemaProps | undefined,
  { structural, logic: path }: Paths,
): Errors {
  const missing = (at: string, where: string): FieldError =>
    required(at, `because it is defined in ${where}`);
  if (shape === undefined) return [missing(structural, path)];
  const items = itemsOf(logic);
  return [
    ...validateCompleteness(logic, shape, { structural, logic: path }),
    ...(items === undefined
      ? []
      : validateNestedCompleteness(items, itemsOf(shape), {
          structural: `${structural}.items`,
          logic: `${path}.items`,
        })),
    ...sortedSchemas(logic.properties).flatMap(([name, inner]) => {
      const step = `.properties[${name}]`;
      const own = shape.properties?.[name];
      return own === undefined
        ? [missing(structural + step, path + step)]
        : validateNestedCompleteness(inner, own, {
            structural: structural + step,
            logic: path + step,
          });
    }),
  ];
}
