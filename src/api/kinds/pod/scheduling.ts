import type { FieldError } from '../../errors.ts';
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkLabelValue,
  checkQualifiedName,
} from '../../names.ts';
import type {
  Affinity,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from '../../types.ts';
import { items, word } from '../object-path.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  oneOf,
  optionalOneOf,
  required,
} from '../validate/field-errors.ts';
import { validateLabelSelector } from '../validate/labels.ts';

const UNSATISFIABLE: readonly string[] = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSIONS: readonly string[] = ['Honor', 'Ignore'];
const EFFECTS: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const OPERATORS: readonly string[] = ['Equal', 'Exists'];

/** Near what, and far from what, a Pod is to run. */
export function validateAffinity(
  field: string,
  { nodeAffinity, podAffinity, podAntiAffinity }: Affinity = {},
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const selector = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (selector !== undefined)
    errors.push(
      ...validateNodeSelector(
        `${field}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`,
        selector,
      ),
    );
  const preferred = nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  preferred.forEach(({ weight, preference }, index) => {
    const path = `${field}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    errors.push(...validateWeight(path, weight));
    errors.push(...validateNodeTerm(`${path}.preference`, preference, false));
  });
  return [
    ...errors,
    ...validatePodAffinity(`${field}.podAffinity`, podAffinity),
    ...validatePodAffinity(`${field}.podAntiAffinity`, podAntiAffinity),
  ];
}

/** Which Nodes are meant: at least one term. @see kubernetes `ValidateNodeSelector` */
export function validateNodeSelector(field: string, selector: unknown): readonly FieldError[] {
  const terms = items(selector, 'nodeSelectorTerms');
  return terms.length === 0
    ? [required(`${field}.nodeSelectorTerms`, 'must have at least one node selector term')]
    : terms.flatMap((term, index) =>
        validateNodeTerm(`${field}.nodeSelectorTerms[${index}]`, term),
      );
}

/** @param areValuesChecked values of preferences are told of in warnings alone */
function validateNodeTerm(
  field: string,
  term: unknown,
  areValuesChecked: boolean = true,
): readonly FieldError[] {
  return [
    ...items(term, 'matchExpressions').flatMap((requirement, index) => {
      const path = `${field}.matchExpressions[${index}]`;
      const key = word(requirement, 'key');
      const values = areValuesChecked ? items(requirement, 'values') : [];
      return [
        ...validateOperator(path, requirement),
        ...invalidEach(`${path}.key`, key, checkQualifiedName(key)),
        ...values.flatMap((value, place) =>
          invalidEach(`${path}.values[${place}]`, value, checkLabelValue(String(value))),
        ),
      ];
    }),
    ...items(term, 'matchFields').flatMap((requirement, index) =>
      validateFieldRequirement(`${field}.matchFields[${index}]`, requirement),
    ),
  ];
}

function validateOperator(field: string, requirement: unknown): readonly FieldError[] {
  const operator = word(requirement, 'operator');
  const { length } = items(requirement, 'values');
  switch (operator) {
    case 'In':
    case 'NotIn':
      return length > 0
        ? []
        : [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      return length === 0
        ? []
        : [
            forbidden(
              `${field}.values`,
              "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            ),
          ];
    case 'Gt':
    case 'Lt':
      return length === 1
        ? []
        : [
            required(
              `${field}.values`,
              "must be specified single value when `operator` is 'Lt' or 'Gt'",
            ),
          ];
    default:
      return [invalid(`${field}.operator`, operator, 'not a valid selector operator')];
  }
}

/** The one field that Nodes are selected by is their name. */
function validateFieldRequirement(field: string, requirement: unknown): readonly FieldError[] {
  const [key, operator] = [word(requirement, 'key'), word(requirement, 'operator')];
  const values = items(requirement, 'values');
  const isKnown = operator === 'In' || operator === 'NotIn';
  const detail =
    "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
  return [
    ...(isKnown && values.length !== 1 ? [required(`${field}.values`, detail)] : []),
    ...(isKnown ? [] : [invalid(`${field}.operator`, operator, 'not a valid selector operator')]),
    ...(key === 'metadata.name'
      ? values.flatMap((value, index) =>
          invalidEach(`${field}.values[${index}]`, value, checkDnsSubdomain(String(value))),
        )
      : [invalid(`${field}.key`, key, 'not a valid field selector key')]),
  ];
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
  const { topologyKey, namespaces = [] } = term;
  return [
    ...validateLabelSelector(`${field}.labelSelector`, term.labelSelector),
    ...validateLabelSelector(`${field}.namespaceSelector`, term.namespaceSelector),
    ...namespaces.flatMap((namespace) =>
      invalidEach(`${field}.namespace`, namespace, checkDnsLabel(namespace)),
    ),
    ...validateLabelKeys(field, term),
    ...(topologyKey === '' ? [required(`${field}.topologyKey`, 'can not be empty')] : []),
    ...invalidEach(`${field}.topologyKey`, topologyKey, checkQualifiedName(topologyKey)),
  ];
}

type Matching = Pick<PodAffinityTerm, 'labelSelector' | 'matchLabelKeys' | 'mismatchLabelKeys'>;

/** Labels whose values are those of the Pod itself. @see kubernetes `ValidateMatchLabelKeysAndMismatchLabelKeys` */
function validateLabelKeys(field: string, matching: Matching): readonly FieldError[] {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = matching;
  if (matchLabelKeys.length === 0 && mismatchLabelKeys.length === 0) return [];
  const keys = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  const repeated = (labelSelector?.matchExpressions ?? []).flatMap(({ key }) => {
    const isKnown = keys.has(key);
    keys.add(key);
    const index = matchLabelKeys.lastIndexOf(key);
    const detail = 'exists in both matchLabelKeys and labelSelector';
    return isKnown && index >= 0 ? [invalid(`${field}[${index}]`, key, detail)] : [];
  });
  return [
    ...validateKeyList(`${field}.matchLabelKeys`, matchLabelKeys, labelSelector !== undefined),
    ...validateKeyList(
      `${field}.mismatchLabelKeys`,
      mismatchLabelKeys,
      labelSelector !== undefined,
    ),
    ...repeated,
    ...matchLabelKeys.flatMap((key, index) =>
      mismatchLabelKeys.includes(key)
        ? [
            invalid(
              `${field}.matchLabelKeys[${index}]`,
              key,
              'exists in both matchLabelKeys and mismatchLabelKeys',
            ),
          ]
        : [],
    ),
  ];
}

function validateKeyList(
  field: string,
  keys: readonly string[],
  hasSelector: boolean,
): readonly FieldError[] {
  if (keys.length === 0) return [];
  if (!hasSelector)
    return [forbidden(field, 'must not be specified when labelSelector is not set')];
  return keys.flatMap((key, index) =>
    invalidEach(`${field}[${index}]`, key, checkQualifiedName(key)),
  );
}

function validateWeight(field: string, weight: number): readonly FieldError[] {
  return weight >= 1 && weight <= 100
    ? []
    : [invalid(`${field}.weight`, weight, 'must be in the range 1-100')];
}

/** How evenly Pods are to be spread. */
export function validateSpread(
  field: string,
  constraints: readonly TopologySpreadConstraint[] = [],
): readonly FieldError[] {
  return constraints.flatMap((constraint, index) => {
    const path = `${field}[${index}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable } = constraint;
    const isRepeated = constraints
      .slice(index + 1)
      .some(
        (other) =>
          other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable,
      );
    const shown = `{${topologyKey}, ${whenUnsatisfiable}}`;
    return [
      ...(maxSkew <= 0 ? [invalid(`${path}.maxSkew`, maxSkew, 'must be greater than zero')] : []),
      ...(topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
      ...(UNSATISFIABLE.includes(whenUnsatisfiable)
        ? []
        : [notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable, UNSATISFIABLE)]),
      ...(isRepeated ? [duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, shown)] : []),
      ...validateMinDomains(`${path}.minDomains`, constraint),
      ...optionalOneOf(`${path}.nodeAffinityPolicy`, constraint.nodeAffinityPolicy, INCLUSIONS),
      ...optionalOneOf(`${path}.nodeTaintsPolicy`, constraint.nodeTaintsPolicy, INCLUSIONS),
      ...validateLabelKeys(path, constraint),
      ...validateLabelSelector(`${path}.labelSelector`, constraint.labelSelector),
    ];
  });
}

function validateMinDomains(
  field: string,
  { minDomains, whenUnsatisfiable }: TopologySpreadConstraint,
): readonly FieldError[] {
  if (minDomains === undefined) return [];
  const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
  return [
    ...(minDomains <= 0 ? [invalid(field, minDomains, 'must be greater than zero')] : []),
    ...(whenUnsatisfiable === 'DoNotSchedule' ? [] : [invalid(field, minDomains, detail)]),
  ];
}

/** Which taints a Pod stands. */
export function validateTolerations(
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
    : [invalid(field, value, "value must be empty when `operator` is 'Exists'")];
}
