import type { FieldError } from '../../errors.ts';
import type { Service, ServicePort, ServiceSpec } from '../../types.ts';
import { validateCidr, validateIp, validateReachableIp } from '../validate/addresses.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  oneOf,
  required,
} from '../validate/field-errors.ts';
import { validateLabels } from '../validate/labels.ts';
import { checkDnsLabel, checkDnsSubdomain, checkQualifiedName } from '../../names.ts';
import { PROTOCOLS, validatePortNumber, validatePortOrName } from '../validate/ports.ts';
import { validateClusterIPChange, validateClusterIPs } from './cluster-ips.ts';
import { isHeadless, needsHealthCheckNodePort } from './needs.ts';
import { validateTrafficPolicies } from './traffic.ts';

const TYPES: readonly string[] = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const AFFINITIES: readonly string[] = ['ClientIP', 'None'];
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";
const NOT_EXTERNAL_NAME = 'may not be set for ExternalName services';
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';
const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints';
const MAX_AFFINITY_SECONDS = 86_400;

/** Every error of a Service, in the order in which the API server finds them. @see kubernetes `ValidateService` */
export function validateService(service: Service, old: Service | undefined): readonly FieldError[] {
  const spec = service.spec ?? {};
  const changes =
    old === undefined
      ? []
      : [
          ...validateClusterIPChange(service, old),
          ...validateClassChange(spec, old.spec),
          ...validateClass(spec),
          ...validateHealthCheckChange(spec, old.spec),
        ];
  return [
    ...changes,
    ...validateTopologyAnnotations(service),
    ...validateType(spec),
    ...validatePorts(spec),
    ...validateLabels('spec.selector', spec.selector),
    ...validateAffinity(spec),
    ...validateClusterIPs(service, old),
    ...validateExternalIPs(spec, old?.spec),
    ...oneOf('spec.type', spec.type, TYPES),
    ...validateUniquePorts(spec),
    ...validateSourceRanges(service, old),
    ...validateNodePortAllocation(spec),
    ...validateClass(spec),
    ...validateTrafficPolicies(spec),
  ];
}

function validateTopologyAnnotations({ metadata }: Service): readonly FieldError[] {
  const mode = metadata.annotations?.[TOPOLOGY_MODE];
  const hints = metadata.annotations?.[TOPOLOGY_HINTS];
  if (mode === undefined || hints === undefined || mode === hints) return [];
  const detail = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`;
  return [invalid(`metadata.annotations[${TOPOLOGY_MODE}]`, mode, detail)];
}

function validateType(spec: ServiceSpec): readonly FieldError[] {
  const { type = '', ports = [] } = spec;
  const errors: FieldError[] = [];
  if (ports.length === 0 && !isHeadless(spec) && type !== 'ExternalName')
    errors.push(required('spec.ports'));
  if (type === 'ExternalName') return [...errors, ...validateExternalName(spec)];
  if (['NodePort', 'LoadBalancer'].includes(type) && isHeadless(spec))
    errors.push(
      invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`),
    );
  return errors;
}

function validateExternalName(spec: ServiceSpec): readonly FieldError[] {
  const errors: FieldError[] = [];
  if ((spec.clusterIPs ?? []).length > 0)
    errors.push(forbidden('spec.clusterIPs', NOT_EXTERNAL_NAME));
  if ((spec.ipFamilies ?? []).length > 0)
    errors.push(forbidden('spec.ipFamilies', NOT_EXTERNAL_NAME));
  if (spec.ipFamilyPolicy !== undefined)
    errors.push(forbidden('spec.ipFamilyPolicy', NOT_EXTERNAL_NAME));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') return [...errors, required('spec.externalName')];
  return [...errors, ...invalidEach('spec.externalName', name, checkDnsSubdomain(name))];
}

function validatePorts({ ports = [] }: ServiceSpec): readonly FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const errors = [...validatePortName(port, { field, names, isRequired: ports.length > 1 })];
    errors.push(...validatePortNumber(`${field}.port`, port.port));
    errors.push(...oneOf(`${field}.protocol`, port.protocol, PROTOCOLS));
    if (port.targetPort !== undefined)
      errors.push(...validatePortOrName(`${field}.targetPort`, port.targetPort));
    if (port.appProtocol !== undefined)
      errors.push(
        ...invalidEach(
          `${field}.appProtocol`,
          port.appProtocol,
          checkQualifiedName(port.appProtocol),
        ),
      );
    return errors;
  });
}

interface PortNameContext {
  readonly field: string;
  /** Names seen so far; grows. */
  readonly names: Set<string>;
  readonly isRequired: boolean;
}

function validatePortName(
  { name = '' }: ServicePort,
  { field, names, isRequired }: PortNameContext,
): readonly FieldError[] {
  if (name === '') return isRequired ? [required(`${field}.name`)] : [];
  const errors = invalidEach(`${field}.name`, name, checkDnsLabel(name));
  if (names.has(name)) return [...errors, duplicate(`${field}.name`, name)];
  names.add(name);
  return errors;
}

function validateUniquePorts(spec: ServiceSpec): readonly FieldError[] {
  const { ports = [], type } = spec;
  const errors: FieldError[] = [];
  const nodePorts = new Set<string>();
  const numbers = new Set<string>();
  if (type === 'ClusterIP') {
    ports.forEach(({ nodePort }, index) => {
      if (nodePort !== undefined)
        errors.push(
          forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"),
        );
    });
  }
  ports.forEach(({ protocol, nodePort }, index) => {
    if (nodePort === undefined) return;
    const key = `${protocol} ${nodePort}`;
    if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${index}].nodePort`, nodePort));
    nodePorts.add(key);
  });
  ports.forEach(({ protocol, port }, index) => {
    const key = `${protocol} ${port}`;
    if (numbers.has(key)) errors.push(duplicate(`spec.ports[${index}]`, portKey(protocol, port)));
    numbers.add(key);
  });
  return errors;
}

/** A port with nothing else, as Go has it. */
function portKey(protocol: string | undefined, port: number): unknown {
  return {
    Name: '',
    Protocol: protocol,
    AppProtocol: null,
    Port: port,
    TargetPort: 0,
    NodePort: 0,
  };
}

function validateAffinity(spec: ServiceSpec): readonly FieldError[] {
  const errors = oneOf('spec.sessionAffinity', spec.sessionAffinity, AFFINITIES);
  const config = spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'None' && config !== undefined) {
    const detail = 'must not be set when session affinity is None';
    return [...errors, forbidden('spec.sessionAffinityConfig', detail)];
  }
  if (spec.sessionAffinity !== 'ClientIP') return errors;
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  const seconds = config?.clientIP?.timeoutSeconds;
  if (seconds !== undefined && seconds > 0 && seconds <= MAX_AFFINITY_SECONDS) return errors;
  const detail = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`;
  return [...errors, seconds === undefined ? required(field) : invalid(field, seconds, detail)];
}

function validateExternalIPs(
  { externalIPs = [] }: ServiceSpec,
  before: ServiceSpec | undefined,
): readonly FieldError[] {
  return externalIPs.flatMap((externalIP, index) => {
    const field = `spec.externalIPs[${index}]`;
    const errors = validateIp(field, externalIP, before?.externalIPs);
    return errors.length > 0 ? errors : validateReachableIp(field, externalIP);
  });
}

/** Of the field or, where it is not there, of the annotation from before it. */
function validateSourceRanges(service: Service, old: Service | undefined): readonly FieldError[] {
  const { metadata, spec = {} } = service;
  const { loadBalancerSourceRanges: ranges = [] } = spec;
  const annotation = metadata.annotations?.[SOURCE_RANGES];
  if (ranges.length === 0 && annotation === undefined) return [];
  // The field's path is spelt with a capital, as upstream spells it.
  const field =
    ranges.length > 0 ? 'spec.LoadBalancerSourceRanges' : `metadata.annotations[${SOURCE_RANGES}]`;
  return [
    ...(spec.type === 'LoadBalancer' ? [] : [forbidden(field, ONLY_LOAD_BALANCER)]),
    ...(ranges.length > 0
      ? validateRanges(field, ranges, old?.spec)
      : validateAnnotatedRanges(field, annotation ?? '', old?.metadata.annotations)),
  ];
}

function validateRanges(
  field: string,
  ranges: readonly string[],
  { loadBalancerSourceRanges: before = [] }: ServiceSpec = {},
): readonly FieldError[] {
  const stored = before.map((range) => range.trim());
  return ranges.flatMap((range, index) => validateCidr(`${field}[${index}]`, range.trim(), stored));
}

function validateAnnotatedRanges(
  field: string,
  annotation: string,
  before: Readonly<Record<string, string>> = {},
): readonly FieldError[] {
  if (annotation === before[SOURCE_RANGES] || annotation.trim() === '') return [];
  return annotation.split(',').flatMap((range) => validateCidr(field, range.trim()));
}

function validateNodePortAllocation({
  type,
  allocateLoadBalancerNodePorts,
}: ServiceSpec): readonly FieldError[] {
  if (type !== 'LoadBalancer')
    return allocateLoadBalancerNodePorts === undefined
      ? []
      : [forbidden('spec.allocateLoadBalancerNodePorts', ONLY_LOAD_BALANCER)];
  // Upstream's path has no `spec.`.
  return allocateLoadBalancerNodePorts === undefined
    ? [required('allocateLoadBalancerNodePorts')]
    : [];
}

function validateClass({ type, loadBalancerClass }: ServiceSpec): readonly FieldError[] {
  const field = 'spec.loadBalancerClass';
  if (loadBalancerClass === undefined) return [];
  return type === 'LoadBalancer'
    ? invalidEach(field, loadBalancerClass, checkQualifiedName(loadBalancerClass))
    : [forbidden(field, ONLY_LOAD_BALANCER)];
}

function validateClassChange(now: ServiceSpec, before: ServiceSpec = {}): readonly FieldError[] {
  if (now.type !== 'LoadBalancer' || before.type !== 'LoadBalancer') return [];
  if (now.loadBalancerClass === before.loadBalancerClass) return [];
  return [invalid('spec.loadBalancerClass', now.loadBalancerClass, 'may not change once set')];
}

function validateHealthCheckChange(
  now: ServiceSpec,
  before: ServiceSpec = {},
): readonly FieldError[] {
  if (!needsHealthCheckNodePort(now) || !needsHealthCheckNodePort(before)) return [];
  return now.healthCheckNodePort === before.healthCheckNodePort
    ? []
    : [forbidden('spec.healthCheckNodePort', 'field is immutable')];
}
