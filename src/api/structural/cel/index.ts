/** `x-kubernetes-validations`: rules in the Common Expression Language. Loaded with the first definition that has any. */
import { celEnv, isCelError, parse, plan, type CelInput } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import type { FieldError } from '../../errors.ts';
import { isJsonObject, type JsonObject } from '../../patch/json.ts';
import type { RuleQuestion } from '../rules.ts';
import type { ValidationRule } from '../../types.ts';
import { valuesOf, type StructuralSchema } from '../schema.ts';
import { kubernetesFunctions } from './functions.ts';
import { toCel } from './to-cel.ts';

/** What a rule says of a value: true, false, a text, or that it could not be evaluated. */
type Evaluate = (variables: Readonly<Record<string, CelInput>>) => unknown;

const environment = celEnv({ funcs: [...strings, ...kubernetesFunctions()] });

/** Rules by their text: definitions repeat them, and their objects do all the time. */
const compiled = new Map<string, Evaluate | Error>();

/** Every rule of the schema that the object breaks, in the API server's words. */
export function evaluateObjectRules({ object, old, schema }: RuleQuestion): readonly FieldError[] {
  return check({ value: object, old, schema, path: '' });
}

interface Node {
  readonly value: unknown;
  /** The same node before the update; undefined where there was none, or none can be told. */
  readonly old: unknown;
  readonly schema: StructuralSchema;
  readonly path: string;
}

function check(node: Node): readonly FieldError[] {
  const { value, schema } = node;
  if (value === undefined || value === null) return [];
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) => checkRule(rule, node));
  if (Array.isArray(value)) return [...own, ...checkItems(value, node)];
  return isJsonObject(value) ? [...own, ...checkFields(value, node)] : own;
}

function checkFields(value: JsonObject, { old, schema, path }: Node): readonly FieldError[] {
  const { properties = {} } = schema;
  const values = valuesOf(schema);
  const before = isJsonObject(old) ? old : {};
  return Object.entries(value).flatMap(([name, field]) => {
    const own = Object.hasOwn(properties, name) ? properties[name] : values;
    if (own === undefined) return [];
    const fieldPath = path === '' ? name : `${path}.${name}`;
    return check({ value: field, old: before[name], schema: own, path: fieldPath });
  });
}

/** Items of lists with keys are told apart by them; no other item can be found again after an update. */
function checkItems(value: readonly unknown[], { old, schema, path }: Node): readonly FieldError[] {
  const { items } = schema;
  if (items === undefined) return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const isKeyed = schema['x-kubernetes-list-type'] === 'map' && Array.isArray(old);
  const before: readonly unknown[] = isKeyed ? old : [];
  const keyOf = (item: unknown): string =>
    JSON.stringify(isJsonObject(item) ? keys.map((key) => item[key]) : item);
  return value.flatMap((item, index) =>
    check({
      value: item,
      old: before.find((other) => keyOf(other) === keyOf(item)),
      schema: items,
      path: `${path}[${index}]`,
    }),
  );
}

function checkRule(
  rule: ValidationRule,
  { value, old, schema, path }: Node,
): readonly FieldError[] {
  const { rule: text = '', optionalOldSelf, fieldPath = '' } = rule;
  const isTransition = /\boldSelf\b/.test(text);
  if (isTransition && old === undefined && optionalOldSelf !== true) return [];
  const evaluate = compile(text);
  const variables = {
    self: toCel(value, schema),
    ...(isTransition && old !== undefined && { oldSelf: toCel(old, schema) }),
  };
  const field = path + fieldPath;
  if (evaluate instanceof Error)
    return [failure(field, rule, `rule compile error: ${evaluate.message}`)];
  const result = evaluate(variables);
  if (result === true) return [];
  if (isCelError(result))
    return [failure(field, rule, `${result.message} evaluating rule: ${ruleText(rule)}`)];
  return [failure(field, rule, `${shownBefore(rule, value)}${messageOf(rule, variables)}`)];
}

/** The API shows what is small enough for a line. */
function shownBefore({ reason }: ValidationRule, value: unknown): string {
  return typeof value !== 'object' && reason === undefined ? `${JSON.stringify(value)}: ` : '';
}

function messageOf(rule: ValidationRule, variables: Readonly<Record<string, CelInput>>): string {
  if (rule.messageExpression !== undefined) {
    const evaluate = compile(rule.messageExpression);
    const text = evaluate instanceof Error ? undefined : evaluate(variables);
    if (typeof text === 'string' && text !== '') return text;
  }
  return ruleText(rule);
}

function ruleText({ message = '', rule = '' }: ValidationRule): string {
  return message === '' ? `failed rule: ${rule.trim()}` : message;
}

/** Reasons that a rule may give, and the errors that they are. */
const TYPES: Readonly<Record<string, FieldError['type']>> = {
  FieldValueForbidden: 'Forbidden',
  FieldValueRequired: 'Required',
  FieldValueDuplicate: 'Duplicate',
};

const WORDS: Readonly<Partial<Record<FieldError['type'], string>>> = {
  Forbidden: 'Forbidden',
  Required: 'Required value',
  Duplicate: 'Duplicate value',
};

function failure(path: string, { reason = '' }: ValidationRule, text: string): FieldError {
  const type = TYPES[reason] ?? 'Invalid';
  const field = path === '' ? '<nil>' : path.replace(/^\./, '');
  return { type, field, message: `${WORDS[type] ?? 'Invalid value'}: ${text}` };
}

function compile(expression: string): Evaluate | Error {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  let result: Evaluate | Error;
  try {
    const planned = plan(environment, parse(expression));
    result = (variables) => planned(variables);
  } catch (error) {
    result = error instanceof Error ? error : new Error(String(error));
  }
  compiled.set(expression, result);
  return result;
}
