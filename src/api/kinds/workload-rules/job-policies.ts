/** Rules for when a Job fails and when it has succeeded. @see kubernetes `pkg/apis/batch/validation` */
import type { FieldError } from '../../errors.ts';
import { checkQualifiedName } from '../../names.ts';
import type {
  JobSpec,
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
  SuccessPolicy,
  SuccessPolicyRule,
} from '../../types.ts';
import {
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  required,
  tooLong,
  tooMany,
  validateCount,
  type Errors,
} from '../validate/field-errors.ts';

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];
const MAX_RULES = 20;
const MAX_CODES = 255;
const MAX_CONDITIONS = 20;
const MAX_INDEXES_BYTES = 65_536;

/** Which ends of Pods count as failures. */
export function validateFailurePolicy(field: string, spec: JobSpec): Errors {
  const { podFailurePolicy } = spec;
  if (podFailurePolicy === undefined) return [];
  const { rules } = podFailurePolicy;
  return [
    ...(rules.length > MAX_RULES ? [tooMany(`${field}.rules`, rules.length, MAX_RULES)] : []),
    ...rules.flatMap((rule, index) => validateFailureRule(`${field}.rules[${index}]`, rule, spec)),
  ];
}

/** A word out of several; where it is missing they are all told. */
function validateWord(field: string, word: string, words: readonly string[]): Errors {
  const all = words.map((one) => JSON.stringify(one)).join(' ');
  if (word === '') return [required(field, `valid values: [${all}]`)];
  return words.includes(word) ? [] : [notSupported(field, word, words)];
}

function validateFailureRule(field: string, rule: PodFailurePolicyRule, spec: JobSpec): Errors {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const isWithoutLimit = action === 'FailIndex' && spec.backoffLimitPerIndex === undefined;
  const count = Number(onExitCodes !== undefined) + Number(onPodConditions.length > 0);
  const which =
    count === 2
      ? 'specifying both OnExitCodes and OnPodConditions is not supported'
      : 'specifying one of OnExitCodes and OnPodConditions is required';
  const wrong: FieldError = { type: 'Invalid', field, message: `Invalid value: ${which}` };
  return [
    ...validateWord(`${field}.action`, action, ACTIONS),
    ...(isWithoutLimit
      ? [invalid(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set')]
      : []),
    ...(onExitCodes === undefined
      ? []
      : validateExitCodes(`${field}.onExitCodes`, onExitCodes, spec)),
    ...(onPodConditions.length > MAX_CONDITIONS
      ? [tooMany(`${field}.onPodConditions`, onPodConditions.length, MAX_CONDITIONS)]
      : []),
    ...onPodConditions.flatMap(({ type, status = '' }, index) => {
      const path = `${field}.onPodConditions[${index}]`;
      return [
        ...invalidEach(`${path}.type`, type, checkQualifiedName(type)),
        ...validateWord(`${path}.status`, status, STATUSES),
      ];
    }),
    ...(count === 1 ? [] : [wrong]),
  ];
}

function validateExitCodes(
  field: string,
  { operator, containerName, values }: PodFailurePolicyOnExitCodesRequirement,
  { template }: JobSpec,
): Errors {
  const { containers = [], initContainers = [] } = template.spec ?? {};
  const names = [...containers, ...initContainers].map(({ name }) => name);
  const path = `${field}.values`;
  const isOrdered = values.every((code, index) => index === 0 || (values[index - 1] ?? 0) <= code);
  const unknown = 'must be one of the container or initContainer names in the pod template';
  return [
    ...validateWord(`${field}.operator`, operator, OPERATORS),
    ...(containerName === undefined || names.includes(containerName)
      ? []
      : [invalid(`${field}.containerName`, containerName, unknown)]),
    ...(values.length === 0 ? [invalid(path, null, 'at least one value is required')] : []),
    ...(values.length > MAX_CODES ? [tooMany(path, values.length, MAX_CODES)] : []),
    ...values.flatMap((code, index) => [
      ...(operator === 'In' && code === 0
        ? [invalid(`${path}[${index}]`, code, 'must not be 0 for the In operator')]
        : []),
      ...(values.indexOf(code) < index ? [duplicate(`${path}[${index}]`, code)] : []),
    ]),
    ...(isOrdered ? [] : [invalid(path, values, 'must be ordered')]),
  ];
}

/** Which successes are enough. */
export function validateSuccessPolicy(field: string, spec: JobSpec): Errors {
  const { successPolicy, completions = 0, completionMode } = spec;
  if (successPolicy === undefined) return [];
  const { rules } = successPolicy;
  if (completionMode !== 'Indexed')
    return [invalid(field, goSuccessPolicy(successPolicy), 'requires indexed completion mode')];
  const none = 'at least one rules must be specified when the successPolicy is specified';
  return [
    ...(rules.length === 0 ? [required(`${field}.rules`, none)] : []),
    ...(rules.length > MAX_RULES ? [tooMany(`${field}.rules`, rules.length, MAX_RULES)] : []),
    ...rules.flatMap((rule, index) =>
      validateSuccessRule(`${field}.rules[${index}]`, rule, completions),
    ),
  ];
}

/** A policy as Go shows its own. */
export function goSuccessPolicy({ rules }: SuccessPolicy): object {
  const shown = rules.map(({ succeededIndexes = null, succeededCount = null }) => ({
    SucceededIndexes: succeededIndexes,
    SucceededCount: succeededCount,
  }));
  return { Rules: shown.length === 0 ? null : shown };
}

/** A policy as Go shows its own. */
export function goFailurePolicy({ rules }: PodFailurePolicy): object {
  return {
    Rules: rules.map(({ action, onExitCodes: codes, onPodConditions }) => ({
      Action: action,
      OnExitCodes: codes
        ? {
            ContainerName: codes.containerName ?? null,
            Operator: codes.operator,
            Values: codes.values,
          }
        : null,
      OnPodConditions:
        onPodConditions?.map(({ type, status = '' }) => ({ Type: type, Status: status })) ?? null,
    })),
  };
}

function validateSuccessRule(
  field: string,
  { succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule,
  completions: number,
): Errors {
  const neither = 'at least one of succeededCount or succeededIndexes must be specified';
  if (count === undefined && indexes === undefined) return [required(field, neither)];
  const total = indexes === undefined ? undefined : countIndexes(indexes, completions);
  const indexed = typeof total === 'number' ? total : 0;
  const [path, counted] = [`${field}.succeededIndexes`, `${field}.succeededCount`];
  const atMost = (limit: number, what: string): Errors =>
    count !== undefined && count > limit
      ? [invalid(counted, count, `must be less than or equal to ${limit} (the number of ${what})`)]
      : [];
  return [
    ...((indexes ?? '').length > MAX_INDEXES_BYTES ? [tooLong(path, MAX_INDEXES_BYTES)] : []),
    ...(typeof total === 'string'
      ? [invalid(path, indexes, `error parsing succeededIndexes: ${total}`)]
      : []),
    ...validateCount(counted, count),
    ...atMost(completions, 'specified completions'),
    ...(indexes === undefined
      ? []
      : atMost(indexed, 'indexes in the specified succeededIndexes field')),
  ];
}

/** How many indexes `1,3-5` holds, or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let [last, total] = [-1, 0];
  for (const fragment of text.split(',')) {
    const interval = readInterval(fragment, completions);
    if (typeof interval === 'string') return interval;
    const [first, end] = interval;
    if (total > 0 && last >= first)
      return `non-increasing order, previous: ${last}, current: ${first}`;
    total += end - first + 1;
    last = end;
  }
  return total;
}

function readInterval(fragment: string, completions: number): readonly [number, number] | string {
  const limits = fragment.split('-');
  if (limits.length > 2)
    return `the fragment ${JSON.stringify(fragment)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  for (const limit of limits) {
    if (!/^\+?\d+$/.test(limit))
      return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
    if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
  }
  const [first = 0, end = first] = limits.map(Number);
  return limits.length > 1 && first >= end
    ? `non-increasing order, previous: ${first}, current: ${end}`
    : [first, end];
}
