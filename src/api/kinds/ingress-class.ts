import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../names.ts';
import type { IngressClass, IngressClassParametersReference } from '../types.ts';
import { AGE, NAME, NONE, text } from './columns.ts';
import { nonEmpty } from './validate/compact.ts';
import { forbidden, invalidEach, oneOf, required, tooLong } from './validate/field-errors.ts';
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
    const scope = nonEmpty(parameters.scope) ?? 'Cluster';
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
  if (controller.length > MAX_CONTROLLER) return [tooLong(field, MAX_CONTROLLER)];
  return invalidEach(field, controller, checkDomainPrefixedPath(controller));
}

function validateParameters(
  field: string,
  parameters: IngressClassParametersReference,
): readonly FieldError[] {
  const { apiGroup, kind, name, scope, namespace } = parameters;
  const errors: FieldError[] = [];
  if (apiGroup !== undefined)
    errors.push(...invalidEach(`${field}.apiGroup`, apiGroup, checkDnsSubdomain(apiGroup)));
  if (kind === '') errors.push(required(`${field}.kind`));
  if (name === '') errors.push(required(`${field}.name`));
  errors.push(...oneOf(`${field}.scope`, scope, ['Cluster', 'Namespace']));
  if (scope === 'Namespace' && (namespace ?? '') === '')
    errors.push(required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'"));
  if (scope === 'Cluster' && namespace !== undefined)
    errors.push(forbidden(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  if (scope === 'Namespace' && namespace)
    errors.push(...invalidEach(`${field}.namespace`, namespace, checkDnsLabel(namespace)));
  return errors;
}
