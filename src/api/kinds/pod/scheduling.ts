import type { FieldError } from '../../errors.ts';
import { checkQualifiedName, checkLabelValue } from '../../names.ts';
import type {
  Affinity,
  NodeSelectorTerm,
  PodAffinityTerm,
  PodSpec,
  Toleration,
  TopologySpreadConstraint,
} from '../../types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  oneOf,
  required,
} from '../validate/field-errors.ts';
import { validateLabels, validateLabelSelector } from '../validate/labels.ts';

const UNSATISFIABLE: readonly string[] = ['DoNotSchedule', 'ScheduleAnyway'];
const EFFECTS: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const OPERATORS: readonly string[] = ['Equal', 'Exists'];

/** What of a Pod's spec says on which Node it may run. */
export function validateScheduling(field: string, spec: PodSpec): readonly FieldError[] {
  return [
    ...validateLabels(`${field}.nodeSelector`, spec.nodeSelector),
    ...validateAffinity(`${field}.affinity`, spec.affinity),
    ...validateSpread(`${field}.topologySpreadConstraints`, spec.topologySpreadConstraints),
    ...validateTolerations(`${field}.tolerations`, spec.tolerations),
  ];
}

function validateAffinity(
  field: string,
  { nodeAffinity, podAffinity, podAntiAffinity }: Affinity = {},
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const requiredTerms = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (requiredTerms) {
    const path = `${field}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`;
    const terms = requiredTerms.nodeSelectorTerms;
    if (terms.length === 0)
      errors.push(
        required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term'),
      );
    terms.forEach((term, index) => {
      errors.push(...validateNodeTerm(`${path}.nodeSelectorTerms[${index}]`, term));
    });
  }
  const preferred = nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  preferred.forEach(({ weight, preference }, index) => {
    const path = `${field}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    errors.push(...validateWeight(path, weight));
    errors.push(...validateNodeTerm(`${path}.preference`, preference));
  });
  return [
    ...errors,
    ...validatePodAffinity(`${field}.podAffinity`, podAffinity),
    ...validatePodAffinity(`${field}.podAntiAffinity`, podAntiAffinity),
  ];
}

function validateNodeTerm(field: string, term: NodeSelectorTerm): readonly FieldError[] {
  const listed = (term.matchExpressions ?? []).map(
    (requirement, index) => [`${field}.matchExpressions[${index}]`, requirement] as const,
  );
  return listed.flatMap(([path, { key, operator, values = [] }]) => {
    const errors = [...invalidEach(`${path}.key`, key, checkQualifiedName(key))];
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        errors.push(
          required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
        );
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        errors.push(
          forbidden(
            `${path}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          ),
        );
    } else if (operator === 'Gt' || operator === 'Lt') {
      if (values.length !== 1)
        errors.push(
          required(
            `${path}.values`,
            "must be specified single value when `operator` is 'Lt' or 'Gt'",
          ),
        );
    } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
    return errors;
  });
}

function validatePodAffinity(
  field: string,
  affinity: Affinity['podAffinity'],
): readonly FieldError[] {
  const must = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const should = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...must.flatMap((term, index) =>
      validatePodTerm(`${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`, term),
    ),
    ...should.flatMap(({ weight, podAffinityTerm }, index) => {
      const path = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      return [
        ...validateWeight(path, weight),
        ...validatePodTerm(`${path}.podAffinityTerm`, podAffinityTerm),
      ];
    }),
  ];
}

function validatePodTerm(field: string, term: PodAffinityTerm): readonly FieldError[] {
  const { topologyKey } = term;
  return [
    ...validateLabelSelector(`${field}.labelSelector`, term.labelSelector),
    ...validateLabelSelector(`${field}.namespaceSelector`, term.namespaceSelector),
    ...(topologyKey === ''
      ? [required(`${field}.topologyKey`, 'can not be empty')]
      : invalidEach(`${field}.topologyKey`, topologyKey, checkQualifiedName(topologyKey))),
  ];
}

function validateWeight(field: string, weight: number): readonly FieldError[] {
  return weight >= 1 && weight <= 100
    ? []
    : [invalid(`${field}.weight`, weight, 'must be in the range 1-100')];
}

function validateSpread(
  field: string,
  constraints: readonly TopologySpreadConstraint[] = [],
): readonly FieldError[] {
  const seen = new Set<string>();
  return constraints.flatMap((constraint, index) => {
    const path = `${field}[${index}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, labelSelector } = constraint;
    const errors: FieldError[] = [];
    if (maxSkew <= 0) errors.push(invalid(`${path}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (topologyKey === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'));
    if (!UNSATISFIABLE.includes(whenUnsatisfiable))
      errors.push(notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable, UNSATISFIABLE));
    const key = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(key)) errors.push(duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, key));
    seen.add(key);
    return [...errors, ...validateLabelSelector(`${path}.labelSelector`, labelSelector)];
  });
}

function validateTolerations(
  field: string,
  tolerations: readonly Toleration[] = [],
): readonly FieldError[] {
  return tolerations.flatMap((toleration, index) => {
    const path = `${field}[${index}]`;
    const { effect = '', tolerationSeconds } = toleration;
    return [
      ...validateTolerationKey(path, toleration),
      ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
        ? [
            invalid(
              `${path}.effect`,
              effect,
              "effect must be 'NoExecute' when `tolerationSeconds` is set",
            ),
          ]
        : []),
      ...validateTolerationValue(`${path}.operator`, toleration),
      ...(effect === '' ? [] : oneOf(`${path}.effect`, effect, EFFECTS)),
    ];
  });
}

function validateTolerationKey(
  field: string,
  { key = '', operator = '' }: Toleration,
): readonly FieldError[] {
  if (key !== '') return invalidEach(`${field}.key`, key, checkQualifiedName(key));
  const detail =
    'operator must be Exists when `key` is empty, which means "match all values and all keys"';
  return operator === 'Exists' ? [] : [invalid(`${field}.operator`, operator, detail)];
}

function validateTolerationValue(field: string, toleration: Toleration): readonly FieldError[] {
  const { operator = '', value = '' } = toleration;
  if (operator === 'Equal' || operator === '')
    return invalidEach(field, value, checkLabelValue(value));
  if (operator !== 'Exists') return [notSupported(field, operator, OPERATORS)];
  return value === ''
    ? []
    : [invalid(field, toleration, "value must be empty when `operator` is 'Exists'")];
}
