/** Rules for bindings of admission policies. @see kubernetes `pkg/apis/admissionregistration` */
import type { ParamRef, ValidatingAdmissionPolicyBindingSpec } from '../../types.ts';
import type { KubeObject } from '../../object.ts';
import { checkDnsSubdomain, checkPathSegment } from '../../names.ts';
import type { RareRules } from '../rare-rules.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  oneOf,
  required,
  type Errors,
} from '../validate/field-errors.ts';
import { validateLabelSelector } from '../validate/labels.ts';
import { withBindingDefaults } from './admission-defaults.ts';
import { when } from './check.ts';
import { validateMatch } from './operation-rules.ts';

const ACTIONS = ['Audit', 'Deny', 'Warn'];
const NOT_FOUND_ACTIONS = ['Deny', 'Allow'];

/** Of ValidatingAdmissionPolicyBindings. */
export const VALIDATING_BINDING: RareRules = {
  defaults: withBindingDefaults,
  validate: (object) => validateBinding(specOf(object)),
};

function specOf(object: KubeObject): ValidatingAdmissionPolicyBindingSpec {
  return object['spec'] ?? {}; // as the API's schema has it
}

function validateBinding(spec: ValidatingAdmissionPolicyBindingSpec): Errors {
  const { policyName = '', validationActions: actions = [] } = spec;
  const field = 'spec.validationActions';
  return [
    ...(policyName === ''
      ? [required('spec.policyName')]
      : invalidEach('spec.policyName', policyName, checkDnsSubdomain(policyName))),
    ...validateParamRef('spec.paramRef', spec.paramRef),
    ...validateMatch('spec.matchResources', spec.matchResources),
    ...actions.flatMap((action, index) => [
      ...when(!ACTIONS.includes(action), () => notSupported(`${field}[${index}]`, action, ACTIONS)),
      ...when(actions.indexOf(action) < index, () => duplicate(`${field}[${index}]`, action)),
    ]),
    ...when(actions.includes('Deny') && actions.includes('Warn'), () =>
      invalid(
        field,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    ),
    ...when(actions.length === 0, () =>
      required(field, 'at least one validation action is required'),
    ),
  ];
}

function validateParamRef(path: string, reference: ParamRef | undefined): Errors {
  if (reference === undefined) return [];
  const { name = '', selector, parameterNotFoundAction: action } = reference;
  const isBoth = name !== '' && selector !== undefined;
  const both = 'name and selector are mutually exclusive';
  return [
    ...(name === '' ? [] : invalidEach(`${path}.name`, name, checkPathSegment(name))),
    ...when(isBoth, () => forbidden(`${path}.name`, both)),
    ...validateLabelSelector(`${path}.selector`, selector),
    ...when(isBoth, () => forbidden(`${path}.selector`, both)),
    ...when(name === '' && selector === undefined, () =>
      required(path, 'one of name or selector must be specified'),
    ),
    ...oneOf(`${path}.parameterNotFoundAction`, action, NOT_FOUND_ACTIONS),
  ];
}
