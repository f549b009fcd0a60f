import type { FieldError } from '../../errors.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../../types.ts';
import { checkLabelValue, checkQualifiedName } from '../../names.ts';
import { forbidden, invalid, invalidEach, required } from './field-errors.ts';

/** Labels: keys are qualified names, values short words. */
export function validateLabels(
  field: string,
  labels: Readonly<Record<string, string>> | undefined,
): readonly FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...invalidEach(field, key, checkQualifiedName(key)),
    ...invalidEach(field, value, checkLabelValue(value)),
  ]);
}

/** A label selector; an absent one is fine. */
export function validateLabelSelector(
  field: string,
  selector: LabelSelector | undefined,
): readonly FieldError[] {
  if (selector === undefined) return [];
  return [
    ...validateLabels(`${field}.matchLabels`, selector.matchLabels),
    ...(selector.matchExpressions ?? []).flatMap((requirement, index) =>
      validateRequirement(`${field}.matchExpressions[${index}]`, requirement),
    ),
  ];
}

/** Whether a selector selects everything. */
export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return (
    Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length ===
    0
  );
}

/** Whether a selector can be asked at all. @see apimachinery `LabelSelectorAsSelector` */
export function isValidSelector(selector: LabelSelector): boolean {
  return validateLabelSelector('', selector).length === 0;
}

/** As Go shows it: fields in the order of their struct, keys of maps in order. */
export function sortedSelector({ matchLabels, matchExpressions }: LabelSelector): LabelSelector {
  return {
    ...(matchLabels !== undefined && {
      matchLabels: Object.fromEntries(
        Object.entries(matchLabels).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
    }),
    ...(matchExpressions !== undefined && {
      matchExpressions: matchExpressions.map(({ key, operator, values }) => ({
        key,
        operator,
        ...(values !== undefined && { values }),
      })),
    }),
  };
}

/** Whether `labels` satisfy `selector`. */
export function selectorMatches(
  selector: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  const matchesLabels = Object.entries(selector.matchLabels ?? {}).every(
    ([key, value]) => labels[key] === value,
  );
  return (
    matchesLabels &&
    (selector.matchExpressions ?? []).every((requirement) =>
      requirementMatches(requirement, labels),
    )
  );
}

function requirementMatches(
  { key, operator, values = [] }: LabelSelectorRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  const isListed = value !== undefined && values.includes(value);
  return operator === 'NotIn' ? !isListed : isListed;
}

function validateRequirement(
  field: string,
  given: Partial<LabelSelectorRequirement> | null,
): readonly FieldError[] {
  // What is not there is read as empty where a kind has no type of its own here.
  const { key = '', operator = '', values = [] } = given ?? {};
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(
        required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
      );
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(
        forbidden(
          `${field}.values`,
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
      );
  } else {
    errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'));
  }
  errors.push(...invalidEach(`${field}.key`, key, checkQualifiedName(key)));
  values.forEach((value, index) => {
    errors.push(...invalidEach(`${field}.values[${index}]`, value, checkLabelValue(value)));
  });
  return errors;
}

/** Annotations: keys as of labels, in any case. */
export function validateAnnotations(
  field: string,
  annotations: Readonly<Record<string, string>> | undefined,
): readonly FieldError[] {
  return Object.keys(annotations ?? {}).flatMap((key) =>
    invalidEach(field, key, checkQualifiedName(key.toLowerCase())),
  );
}
