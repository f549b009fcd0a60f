/** Rules for admission policies. @see kubernetes `pkg/apis/admissionregistration` */
import { deepEqual } from '../../deep-equal.ts';
import type { KubeObject } from '../../object.ts';
import { checkDns1035Label, checkDnsSubdomain, checkQualifiedName } from '../../names.ts';
import type { CelKind } from '../../structural/cel/types.ts';
import type {
  AuditAnnotation,
  MatchResources,
  ParamKind,
  Validation,
  ValidatingAdmissionPolicySpec,
} from '../../types.ts';
import type { RareRules } from '../rare-rules.ts';
import {
  duplicate,
  invalid,
  invalidEach,
  optionalOneOf,
  required,
  type Errors,
} from '../validate/field-errors.ts';
import { withPolicyDefaults } from './admission-defaults.ts';
import { structs, when } from './check.ts';
import { celChecker, expressionProblem, REQUEST_VARIABLES } from '../cel-checker.ts';
import { validateConditions } from './match-conditions.ts';
import { FAILURE_POLICIES, validateMatch } from './operation-rules.ts';

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const MAX_ANNOTATIONS = 20;
const MAX_ANNOTATION_BYTES = 5 * 1024;
const CEL_NAME = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const CEL_RESERVED: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** Of ValidatingAdmissionPolicies. */
export const VALIDATING_POLICY: RareRules = {
  defaults: withPolicyDefaults,
  validate: (object, old) => {
    if (old !== undefined && object['spec'] === old['spec']) return [];
    return validatePolicy(object, old && specOf(old));
  },
};

function specOf(object: KubeObject): ValidatingAdmissionPolicySpec {
  return object['spec'] ?? {}; // as the API's schema has it
}

function validatePolicy(
  object: KubeObject,
  old: ValidatingAdmissionPolicySpec | undefined,
): Errors {
  const spec = specOf(object);
  const { matchConstraints, matchConditions, validations = [], auditAnnotations = [] } = spec;
  const names = namesOf(spec);
  const { errors: ofVariables, types } = judgeVariables(spec, names);
  const composed = { ...typesOf(names), ...types };
  const isKept = deepEqual(old?.matchConditions ?? [], matchConditions ?? []);
  const none = 'validations or auditAnnotations must contain at least one item';
  return [
    ...optionalOneOf('spec.failurePolicy', spec.failurePolicy, FAILURE_POLICIES),
    ...validateParamKind('spec.paramKind', spec.paramKind),
    ...validateConstraints('spec.matchConstraints', matchConstraints),
    ...(old !== undefined && isKept
      ? []
      : validateConditions('spec.matchConditions', matchConditions, names)),
    ...ofVariables,
    ...(validations.length === 0 && auditAnnotations.length === 0
      ? [required('spec.validations', none), required('spec.auditAnnotations', none)]
      : [
          ...structs(validations).flatMap((validation, index) =>
            validateValidation(`spec.validations[${index}]`, validation, composed),
          ),
          ...validateAnnotations(object.metadata.name, auditAnnotations, composed),
        ]),
  ];
}

/** What the expressions of a policy may name. */
function namesOf({ paramKind }: ValidatingAdmissionPolicySpec): readonly string[] {
  const names = [...REQUEST_VARIABLES, 'namespaceObject'];
  return paramKind === undefined ? names : [...names, 'params'];
}

function validateConstraints(path: string, match: MatchResources | undefined): Errors {
  if (match === undefined) return [required(path)];
  return [
    ...validateMatch(path, match),
    ...when((match.resourceRules ?? []).length === 0, () => required(`${path}.resourceRules`)),
  ];
}

function validateParamKind(path: string, kind: ParamKind | undefined): Errors {
  if (kind === undefined) return [];
  const { apiVersion = '', kind: name = '' } = kind;
  const problems = name === '' ? [] : checkDns1035Label(name.toLowerCase());
  return [
    ...validateApiVersion(`${path}.apiVersion`, apiVersion),
    ...when(name === '', () => required(`${path}.kind`)),
    ...when(problems.length > 0, () =>
      invalid(
        `${path}.kind`,
        name,
        `may have mixed case, but should otherwise match: ${problems.join(',')}`,
      ),
    ),
  ];
}

function validateApiVersion(field: string, apiVersion: string): Errors {
  if (apiVersion === '') return [required(field)];
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/');
  if (parts.length > 2)
    return [invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const version = parts.at(-1) ?? '';
  const group = parts.length === 2 ? (parts[0] ?? '') : '';
  const ofGroup = group === '' ? [] : checkDnsSubdomain(group);
  const ofVersion = version === '' ? [] : checkDns1035Label(version);
  return [
    ...when(ofGroup.length > 0, () => invalid(field, group, ofGroup.join(','))),
    ...when(version === '', () => invalid(field, apiVersion, 'version must be specified')),
    ...when(ofVersion.length > 0, () => invalid(field, version, ofVersion.join(','))),
  ];
}

type Types = Readonly<Record<string, CelKind>>;

const ANYTHING: CelKind = { name: 'dyn' };

function typesOf(names: readonly string[]): Types {
  return Object.fromEntries(names.map((name) => [name, ANYTHING]));
}

/** Each variable may name those before it; what follows may name all that can be read. */
function judgeVariables(
  { variables }: ValidatingAdmissionPolicySpec,
  names: readonly string[],
): { readonly errors: Errors; readonly types: Types } {
  const list = structs(variables);
  if (list.length === 0) return { errors: [], types: {} };
  const known = new Map<string, CelKind>();
  const types = { variables: { name: 'object', field: (name: string) => known.get(name) } };
  const errors = list.flatMap(({ name = '', expression = '' }, index) => {
    const path = `spec.variables[${index}]`;
    const isBlank = expression.trim() === '';
    const checked = isBlank
      ? undefined
      : celChecker()?.checkType(expression, { ...typesOf(names), ...types });
    // What cannot be read may still be named.
    if (!isBlank) known.set(name, checked?.type ?? ANYTHING);
    return [
      ...validateVariableName(`${path}.name`, name),
      ...when(isBlank, () => required(`${path}.expression`, 'expression is not specified')),
      ...(checked?.problem === undefined
        ? []
        : [invalid(`${path}.expression`, expression, checked.problem)]),
    ];
  });
  return { errors, types };
}

function validateVariableName(field: string, name: string): Errors {
  if (name.trim() === '') return [required(field, 'name is not specified')];
  const isName = CEL_NAME.test(name) && !CEL_RESERVED.has(name);
  return when(!isName, () => invalid(field, name, 'must be a valid CEL identifier'));
}

function validateValidation(
  path: string,
  { expression = '', message = '', messageExpression = '', reason }: Validation,
  types: Types,
): Errors {
  const problem = expressionProblem(expression, { variables: types, type: 'bool' });
  return [
    ...(expression.trim() === ''
      ? [required(`${path}.expression`, 'expression is not specified')]
      : when(problem !== undefined, () =>
          invalid(`${path}.expression`, expression, problem ?? ''),
        )),
    ...validateMessageExpression(`${path}.messageExpression`, messageExpression, types),
    ...when(message !== '' && message.trim() === '', () =>
      invalid(`${path}.message`, message, 'must be non-empty if specified'),
    ),
    ...when(/[\n\r]/.test(message.trim()), () =>
      invalid(`${path}.message`, message, 'must not contain line breaks'),
    ),
    ...optionalOneOf(`${path}.reason`, reason, REASONS),
  ];
}

function validateMessageExpression(field: string, expression: string, types: Types): Errors {
  if (expression === '') return [];
  if (expression.trim() === '')
    return [invalid(field, expression, 'must be non-empty if specified')];
  const { authorizer: _, ...variables } = types;
  const problem = expressionProblem(expression, { variables, type: 'string' });
  return problem === undefined ? [] : [invalid(field, expression, problem)];
}

function validateAnnotations(
  policy: string,
  annotations: readonly AuditAnnotation[],
  types: Types,
): Errors {
  const field = 'spec.auditAnnotations';
  const keys = annotations.map((annotation) => annotation?.key ?? '');
  return [
    ...when(annotations.length > MAX_ANNOTATIONS, () =>
      invalid(
        field,
        annotations.map(({ key = '', valueExpression = '' }) => ({
          Key: key,
          ValueExpression: valueExpression,
        })),
        `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`,
      ),
    ),
    ...structs(annotations).flatMap(({ key = '', valueExpression = '' }, index) => {
      const path = `${field}[${index}]`;
      const whole = `${policy}/${key}`;
      return [
        ...(policy === ''
          ? [invalid(`${path}.key`, key, 'requires metadata.name be non-empty')]
          : invalidEach(`${path}.key`, whole, checkQualifiedName(whole))),
        ...validateAnnotationValue(`${path}.valueExpression`, valueExpression, types),
        ...when(keys.indexOf(key) < index, () => duplicate(`${path}.key`, key)),
      ];
    }),
  ];
}

function validateAnnotationValue(field: string, expression: string, variables: Types): Errors {
  const trimmed = expression.trim();
  if (trimmed === '') return [required(field, 'valueExpression is not specified')];
  if (trimmed.length > MAX_ANNOTATION_BYTES)
    return [required(field, `must not exceed ${MAX_ANNOTATION_BYTES} bytes in length`)];
  const problem = expressionProblem(trimmed, { variables, type: 'text or null' });
  return problem === undefined ? [] : [invalid(field, expression, problem)];
}
