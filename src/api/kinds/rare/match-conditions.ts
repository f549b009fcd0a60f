/** Expressions that decide whether a webhook or policy is asked. @see kubernetes `validateMatchConditions` */
import { checkQualifiedName } from '../../names.ts';
import type { MatchCondition } from '../../types.ts';
import {
  duplicate,
  invalid,
  invalidEach,
  required,
  tooMany,
  type Errors,
} from '../validate/field-errors.ts';
import { structs, when } from './check.ts';
import { expressionProblem, REQUEST_VARIABLES } from '../cel-checker.ts';

const MAX_CONDITIONS = 64;

/** @param variables that the expressions may name */
export function validateConditions(
  field: string,
  conditions: readonly MatchCondition[] | undefined,
  variables: readonly string[] = REQUEST_VARIABLES,
): Errors {
  const list = structs(conditions);
  const names = list.map(({ name = '' }) => name);
  return [
    ...when(list.length > MAX_CONDITIONS, () => tooMany(field, list.length, MAX_CONDITIONS)),
    ...list.flatMap(({ name = '', expression = '' }, index) => {
      const path = `${field}[${index}]`;
      return [
        ...validateCondition(`${path}.expression`, expression.trim(), variables),
        ...(name === ''
          ? [required(`${path}.name`)]
          : invalidEach(`${path}.name`, name, checkQualifiedName(name))),
        ...when(name !== '' && names.indexOf(name) < index, () => duplicate(`${path}.name`, name)),
      ];
    }),
  ];
}

function validateCondition(
  field: string,
  expression: string,
  variables: readonly string[],
): Errors {
  if (expression === '') return [required(field)];
  const problem = expressionProblem(expression, { variables, type: 'bool' });
  return problem === undefined ? [] : [invalid(field, expression, problem)];
}
