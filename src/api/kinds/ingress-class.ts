import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsLabel } from '../names.ts';
import type { IngressClass, IngressClassParametersReference } from '../types.ts';
import { AGE, NAME, NONE, text } from './columns.ts';
import { validateTypedReference } from './ingress.ts';
import {
  forbidden,
  invalidEach,
  optionalOneOf,
  required,
  tooLong,
} from './validate/field-errors.ts';
import { checkDomainPrefixedPath } from './validate/names.ts';
import { validateImmutable } from './workload/validate.ts';

const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';
const MAX_CONTROLLER = 250;

/** Who answers for an Ingress. */
export const INGRESS_CLASS: KindRow<'IngressClass'> = defineKind('IngressClass', {
  defaults: (ingressClass) => {
    const { spec = {} } = ingressClass;
    const { parameters } = spec;
    if (parameters === undefined) return { ...ingressClass, spec };
    const scope = parameters.scope ?? 'Cluster';
    return { ...ingressClass, spec: { ...spec, parameters: { ...parameters, scope } } };
  },
  validate: (ingressClass, old) => {
    const { controller = '', parameters } = ingressClass.spec ?? {};
    return [
      ...(old ? validateImmutable('spec.controller', controller, old.spec?.controller ?? '') : []),
      ...validateController(controller),
      ...(parameters ? validateParameters('spec.parameters', parameters) : []),
    ];
  },
  columns: [
    {
      ...NAME,
      value: ({ metadata }) =>
        metadata.annotations?.[DEFAULT_ANNOTATION] === 'true'
          ? `${metadata.name} (default)`
          : metadata.name,
    },
    text('Controller', ({ spec }) => spec?.controller ?? ''),
    text('Parameters', parametersText),
    AGE,
  ],
});

function parametersText({ spec }: IngressClass): string {
  const parameters = spec?.parameters;
  if (parameters === undefined) return NONE;
  const { apiGroup = '', kind, name } = parameters;
  return apiGroup === '' ? `${kind}/${name}` : `${kind}.${apiGroup}/${name}`;
}

function validateController(controller: string): readonly FieldError[] {
  const field = 'spec.controller';
  if (controller === '') return [required(field)];
  return [
    ...(controller.length > MAX_CONTROLLER ? [tooLong(field, MAX_CONTROLLER)] : []),
    ...invalidEach(field, controller, checkDomainPrefixedPath(controller)),
  ];
}

function validateParameters(
  field: string,
  parameters: IngressClassParametersReference,
): readonly FieldError[] {
  const { scope, namespace } = parameters;
  const errors = [...validateTypedReference(field, parameters)];
  errors.push(...optionalOneOf(`${field}.scope`, scope, ['Cluster', 'Namespace']));
  if (scope === 'Namespace' && namespace === undefined)
    errors.push(required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'"));
  if (scope === 'Cluster' && namespace !== undefined)
    errors.push(forbidden(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  if (scope === 'Namespace' && namespace !== undefined)
    errors.push(...invalidEach(`${field}.namespace`, namespace, checkDnsLabel(namespace)));
  return errors;
}
