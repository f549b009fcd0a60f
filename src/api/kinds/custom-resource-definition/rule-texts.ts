/** Rules for the fields of `x-kubernetes-validations` besides what their expressions mean. */
import type { JSONSchemaProps, ValidationRule } from '../../types.ts';
import { invalid, notSupported, required, type Errors } from '../validate/field-errors.ts';
import { followFieldPath } from './field-path.ts';
import { structuralProblem } from './structural-rules.ts';

const REASONS = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
];
const NOT_EMPTY = 'must be non-empty if specified';
const NO_BREAKS = 'must not contain line breaks';

/** What is wrong with the rules of this schema, as far as it can be told without reading expressions. */
export function validateRuleTexts(schema: JSONSchemaProps, path: string): Errors {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
    validateRule(rule ?? {}, schema, `${path}.x-kubernetes-validations[${index}]`),
  );
}

function validateRule(given: ValidationRule, schema: JSONSchemaProps, field: string): Errors {
  const { reason } = given;
  const isBlank = (text = ''): boolean => text !== '' && text.trim() === '';
  return [
    ...validateMessage(given, field),
    ...(isBlank(given.messageExpression)
      ? [required(`${field}.messageExpression`, 'messageExpression must be non-empty if specified')]
      : []),
    ...(reason === undefined || REASONS.includes(reason)
      ? []
      : [notSupported(`${field}.reason`, reason, REASONS)]),
    ...validateFieldPath(given.fieldPath ?? '', schema, `${field}.fieldPath`),
  ];
}

function validateMessage({ rule = '', message = '' }: ValidationRule, field: string): Errors {
  const hasBreaks = (text: string): boolean => /[\n\r]/.test(text.trim());
  if (rule.trim() === '') return [required(`${field}.rule`, 'rule is not specified')];
  if (message !== '' && message.trim() === '')
    return [invalid(`${field}.message`, message, NOT_EMPTY)];
  if (hasBreaks(message)) return [invalid(`${field}.message`, message, NO_BREAKS)];
  if (hasBreaks(rule) && message.trim() === '')
    return [required(`${field}.message`, 'message must be specified if rule contains line breaks')];
  return [];
}

function validateFieldPath(text: string, schema: JSONSchemaProps, field: string): Errors {
  if (text === '') return [];
  const isValid =
    structuralProblem(schema) !== undefined || followFieldPath(text, schema).kind === 'field';
  return [
    ...(text.trim() === '' ? [invalid(field, text, NOT_EMPTY)] : []),
    ...(/[\n\r]/.test(text) ? [invalid(field, text, NO_BREAKS)] : []),
    ...(isValid ? [] : [invalid(field, text, 'must be a valid path')]),
  ];
}
