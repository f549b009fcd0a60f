/** Whether the expressions of a schema's rules can be run. @see apiextensions `cel.Compile` */
import type { CelKind } from '../../structural/cel/types.ts';
import type { StructuralSchema } from '../../structural/schema.ts';
import type { JSONSchemaProps, ValidationRule } from '../../types.ts';
import { celChecker } from '../cel-checker.ts';
import { invalid, type Errors } from '../validate/field-errors.ts';
import { goRule, invalidShown } from './go-shown.ts';

/** Where the rules stand. */
interface RulesPlace {
  readonly path: string;
  readonly isRoot: boolean;
  /** Of the outermost part whose old value nobody can find again. */
  readonly lost: string | undefined;
}

const UNKNOWN: CelKind = { name: 'dyn' };

/** What is wrong with each rule; nothing as long as nobody can read rules. */
export function validateExpressions(schema: JSONSchemaProps, place: RulesPlace): Errors {
  const checker = celChecker();
  if (checker === undefined) return [];
  // What got here is structural.
  const self = checker.typeOfSchema(schema as StructuralSchema, place.isRoot) ?? UNKNOWN;
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
    validateRule(rule, `${place.path}.x-kubernetes-validations[${index}]`, {
      self,
      lost: place.lost,
    }),
  );
}

interface RuleContext {
  readonly self: CelKind;
  readonly lost: string | undefined;
}

function validateRule(rule: ValidationRule, path: string, { self, lost }: RuleContext): Errors {
  const { rule: text = '', optionalOldSelf, messageExpression = '' } = rule;
  const variables = { self, oldSelf: optionalOldSelf === true ? UNKNOWN : self };
  const usesOld = /\boldSelf\b/.test(text);
  const isLost = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${lost ?? ''}`;
  const unused = 'may not be set if oldSelf is not used in rule';
  const problem = problemOf(text, variables, 'bool');
  const shown = (field: string, why: string | undefined): Errors =>
    why === undefined ? [] : [invalidShown(`${path}.${field}`, goRule(rule), why)];
  return [
    ...shown('rule', problem),
    ...(problem === undefined
      ? shown('messageExpression', messageProblem(messageExpression, variables))
      : []),
    ...(usesOld && lost !== undefined ? [invalid(`${path}.rule`, text, isLost)] : []),
    ...(!usesOld && optionalOldSelf !== undefined
      ? [invalid(`${path}.optionalOldSelf`, optionalOldSelf, unused)]
      : []),
  ];
}

const RESULTS = {
  bool: 'cel expression must evaluate to a bool',
  string: 'messageExpression must evaluate to a string',
} as const;

function messageProblem(
  text: string,
  variables: Readonly<Record<string, CelKind>>,
): string | undefined {
  if (text === '') return undefined;
  const problem = problemOf(text, variables, 'string');
  return problem?.replace(/^compilation failed/, 'messageExpression compilation failed');
}

function problemOf(
  text: string,
  variables: Readonly<Record<string, CelKind>>,
  type: keyof typeof RESULTS,
): string | undefined {
  const checked = celChecker()?.checkType(text, variables);
  if (checked === undefined || checked.problem !== undefined) return checked?.problem;
  return checked.type.name === type ? undefined : RESULTS[type];
}
