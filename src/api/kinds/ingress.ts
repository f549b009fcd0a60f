import { parseIp } from '../../net/index.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsLabel, checkDnsSubdomain, checkPathSegment } from '../names.ts';
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressServiceBackend,
  IngressSpec,
  IngressTLS,
  TypedLocalObjectReference,
} from '../types.ts';
import { AGE, NAME, NONE, showIngress, showSome, text } from './columns.ts';
import { validateIp } from './validate/addresses.ts';
import { invalid, invalidEach, notSupported, required } from './validate/field-errors.ts';
import { checkPortName, checkWildcardSubdomain } from './validate/names.ts';
import { validatePortNumber } from './validate/ports.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const PATH_TYPES: readonly string[] = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_SEQUENCES: readonly string[] = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_SUFFIXES: readonly string[] = ['/..', '/.'];
const SHOWN_HOSTS = 3;

/** Hosts and paths of HTTP that lead to Services. */
export const INGRESS: KindRow<'Ingress'> = defineKind('Ingress', {
  defaults: (ingress) => ({
    ...ingress,
    spec: ingress.spec ?? {},
    status: { ...ingress.status, loadBalancer: ingress.status?.loadBalancer ?? {} },
  }),
  prepareForCreate: (ingress) => ({ ...ingress, status: { loadBalancer: {} } }),
  validate: (ingress, old) => [
    ...(old === undefined ? validateClassAnnotation(ingress) : []),
    ...validateSpec(ingress.spec ?? {}),
  ],
  validateStatus,
  columns: [
    NAME,
    text('Class', ({ spec }) => spec?.ingressClassName ?? NONE),
    text('Hosts', ({ spec }) => hosts(spec?.rules ?? [])),
    text('Address', ({ status }) => showIngress(status?.loadBalancer?.ingress).join(',')),
    text('Ports', ({ spec }) => ((spec?.tls ?? []).length > 0 ? '80, 443' : '80')),
    AGE,
  ],
});

function hosts(rules: readonly IngressRule[]): string {
  const named = rules.map(({ host = '' }) => host).filter((host) => host !== '');
  return named.length === 0 ? '*' : showSome(named, SHOWN_HOSTS);
}

/** The annotation from before classes; saying both is fine while they agree. */
function validateClassAnnotation({ metadata, spec }: Ingress): readonly FieldError[] {
  const annotation = metadata.annotations?.[CLASS_ANNOTATION];
  const name = spec?.ingressClassName;
  if (annotation === undefined || name === undefined || annotation === name) return [];
  const detail = 'must match `ingressClassName` when both are specified';
  return [invalid(`annotations.${CLASS_ANNOTATION}`, annotation, detail)];
}

function validateSpec(spec: IngressSpec): readonly FieldError[] {
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec;
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined)
    errors.push(
      invalid('spec', spec.rules, 'either `defaultBackend` or `rules` must be specified'),
    );
  if (defaultBackend) errors.push(...validateBackend('spec.defaultBackend', defaultBackend));
  rules.forEach((rule, index) => {
    errors.push(...validateRule(`spec.rules[${index}]`, rule));
  });
  tls.forEach((entry, index) => {
    errors.push(...validateTls(`spec.tls[${index}]`, entry));
  });
  if (ingressClassName !== undefined)
    errors.push(
      ...invalidEach(
        'spec.ingressClassName',
        ingressClassName,
        checkDnsSubdomain(ingressClassName),
      ),
    );
  return errors;
}

function validateRule(field: string, { host = '', http }: IngressRule): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (host !== '') {
    if (parseIp(host) !== undefined)
      errors.push(invalid(`${field}.host`, host, 'must be a DNS name, not an IP address'));
    errors.push(...validateHost(`${field}.host`, host));
  }
  if (http === undefined) return errors;
  if (http.paths.length === 0) return [...errors, required(`${field}.http.paths`)];
  return [
    ...errors,
    ...http.paths.flatMap((path, index) => validatePath(`${field}.http.paths[${index}]`, path)),
  ];
}

function validateHost(field: string, host: string): readonly FieldError[] {
  const check = host.includes('*') ? checkWildcardSubdomain : checkDnsSubdomain;
  return invalidEach(field, host, check(host));
}

function validateTls(
  field: string,
  { hosts: names = [], secretName = '' }: IngressTLS,
): readonly FieldError[] {
  return [
    ...names.flatMap((host, index) => validateHost(`${field}.hosts[${index}]`, host)),
    ...(secretName === ''
      ? []
      : invalidEach(`${field}.secretName`, secretName, checkDnsSubdomain(secretName))),
  ];
}

function validatePath(field: string, rule: HTTPIngressPath): readonly FieldError[] {
  const { path = '', pathType, backend } = rule;
  if (pathType === '') return [required(`${field}.pathType`, 'pathType must be specified')];
  return [
    ...validatePathText(`${field}.path`, path, pathType),
    ...(PATH_TYPES.includes(pathType)
      ? []
      : [notSupported(`${field}.pathType`, pathType, PATH_TYPES)]),
    ...validateBackend(`${field}.backend`, backend),
  ];
}

/** What an implementation makes of a path of its own kind is its own matter, but for the slash. */
function validatePathText(field: string, path: string, pathType: string): readonly FieldError[] {
  const isStrict = pathType === 'Exact' || pathType === 'Prefix';
  const mayBeEmpty = !isStrict && path === '';
  if (!PATH_TYPES.includes(pathType) || mayBeEmpty) return [];
  const absolute = path.startsWith('/') ? [] : [invalid(field, path, 'must be an absolute path')];
  if (!isStrict) return absolute;
  return [
    ...absolute,
    ...BAD_SEQUENCES.filter((sequence) => path.includes(sequence)).map((sequence) =>
      invalid(field, path, `must not contain '${sequence}'`),
    ),
    ...BAD_SUFFIXES.filter((suffix) => path.endsWith(suffix)).map((suffix) =>
      invalid(field, path, `cannot end with '${suffix}'`),
    ),
  ];
}

function validateBackend(
  field: string,
  { service, resource }: IngressBackend,
): readonly FieldError[] {
  if (service && resource)
    return [invalid(field, '', 'cannot set both resource and service backends')];
  if (service) return validateServiceBackend(field, service);
  if (resource === undefined)
    return [invalid(field, '', 'resource or service backend is required')];
  return validateTypedReference(`${field}.resource`, resource);
}

/** What an Ingress or its class names of any kind. */
export function validateTypedReference(
  field: string,
  { apiGroup, kind, name }: TypedLocalObjectReference,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (apiGroup !== undefined)
    errors.push(...invalidEach(`${field}.apiGroup`, apiGroup, checkDnsSubdomain(apiGroup)));
  for (const [key, value] of Object.entries({ kind, name }))
    errors.push(
      ...(value === ''
        ? [required(`${field}.${key}`)]
        : invalidEach(`${field}.${key}`, value, checkPathSegment(value))),
    );
  return errors;
}

function validateServiceBackend(
  field: string,
  { name, port = {} }: IngressServiceBackend,
): readonly FieldError[] {
  const errors =
    name === ''
      ? [required(`${field}.service.name`)]
      : [...invalidEach(`${field}.service.name`, name, checkDnsLabel(name))];
  const { name: portName = '', number = 0 } = port;
  const path = `${field}.service.port`;
  if (portName !== '' && number !== 0)
    return [...errors, invalid(field, '', 'cannot set both port name & port number')];
  if (portName !== '')
    return [...errors, ...invalidEach(`${path}.name`, portName, checkPortName(portName))];
  if (number !== 0) return [...errors, ...validatePortNumber(`${path}.number`, number)];
  return [...errors, required(field, 'port name or number is required')];
}

function validateStatus({ status }: Ingress): readonly FieldError[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip = '', hostname = '' }, index) => {
    const field = `status.loadBalancer.ingress[${index}]`;
    const errors = ip === '' ? [] : [...validateIp(`${field}.ip`, ip)];
    if (hostname === '') return errors;
    errors.push(...invalidEach(`${field}.hostname`, hostname, checkDnsSubdomain(hostname)));
    if (parseIp(hostname) !== undefined)
      errors.push(invalid(`${field}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    return errors;
  });
}
