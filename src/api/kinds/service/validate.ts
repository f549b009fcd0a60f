import type { FieldError } from '../../errors.ts';
import type { LoadBalancerIngress, Service, ServicePort, ServiceSpec } from '../../types.ts';
import { parseIp } from '../../../net/index.ts';
import { validateCidr, validateIp, validateReachableIp } from '../validate/addresses.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  oneOf,
  optionalOneOf,
  required,
} from '../validate/field-errors.ts';
import { validateLabels } from '../validate/labels.ts';
import { checkDnsLabel, checkDnsSubdomain, checkQualifiedName } from '../../names.ts';
import { PROTOCOLS, validatePortNumber, validatePortOrName } from '../validate/ports.ts';
import { validateClusterIPChange, validateClusterIPs } from './cluster-ips.ts';
import { isHeadless } from './needs.ts';
import { validateTrafficPolicies } from './traffic.ts';

const TYPES: readonly string[] = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const AFFINITIES: readonly string[] = ['ClientIP', 'None'];
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";
const NOT_EXTERNAL_NAME = 'may not be set for ExternalName services';
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';
const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints';
const KUBELET_PORT = 10_250;
const MAX_AFFINITY_SECONDS = 86_400;

/** Every error of a Service, in the order in which the API server finds them. @see kubernetes `ValidateService` */
export function validateService(service: Service, old: Service | undefined): readonly FieldError[] {
  const spec = service.spec ?? {};
  const changes =
    old === undefined
      ? []
      : [...validateClusterIPChange(service, old), ...validateClassChange(service, old)];
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
    ...validateLoadBalancerFields(spec),
    ...validateTrafficPolicies(spec),
    ...validateStatus(service, old),
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
  if (type === 'LoadBalancer') {
    ports.forEach(({ port }, index) => {
      if (port === KUBELET_PORT)
        errors.push(
          invalid(
            `spec.ports[${index}]`,
            port,
            `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`,
          ),
        );
    });
  }
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
    if (numbers.has(key)) errors.push(duplicate(`spec.ports[${index}]`, { protocol, port }));
    numbers.add(key);
  });
  return errors;
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

/** The field's path is spelt with a capital, as upstream spells it. */
function validateSourceRanges(
  { metadata, spec = {} }: Service,
  old: Service | undefined,
): readonly FieldError[] {
  const isLoadBalancer = spec.type === 'LoadBalancer';
  const stored = (old?.spec?.loadBalancerSourceRanges ?? []).map((range) => range.trim());
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0) {
    const field = 'spec.LoadBalancerSourceRanges';
    return [
      ...(isLoadBalancer ? [] : [forbidden(field, ONLY_LOAD_BALANCER)]),
      ...ranges.flatMap((range, index) => validateCidr(`${field}[${index}]`, range.trim(), stored)),
    ];
  }
  const annotation = metadata.annotations?.[SOURCE_RANGES];
  if (annotation === undefined) return [];
  const field = `metadata.annotations[${SOURCE_RANGES}]`;
  const listed = annotation.trim() === '' ? [] : annotation.split(',');
  return [
    ...(isLoadBalancer ? [] : [forbidden(field, ONLY_LOAD_BALANCER)]),
    ...listed.flatMap((range) => validateCidr(field, range.trim(), stored)),
  ];
}

function validateLoadBalancerFields(spec: ServiceSpec): readonly FieldError[] {
  const errors: FieldError[] = [];
  const allocate = 'spec.allocateLoadBalancerNodePorts';
  const className = 'spec.loadBalancerClass';
  const { loadBalancerClass } = spec;
  if (spec.type !== 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts !== undefined)
      errors.push(forbidden(allocate, ONLY_LOAD_BALANCER));
    if (loadBalancerClass !== undefined) errors.push(forbidden(className, ONLY_LOAD_BALANCER));
    return errors;
  }
  if (spec.allocateLoadBalancerNodePorts === undefined) errors.push(required(allocate));
  if (loadBalancerClass === undefined) return errors;
  const problems = checkQualifiedName(loadBalancerClass);
  return [...errors, ...invalidEach(className, loadBalancerClass, problems)];
}

function validateClassChange({ spec }: Service, old: Service): readonly FieldError[] {
  if (spec?.type !== 'LoadBalancer' || old.spec?.type !== 'LoadBalancer') return [];
  if (spec.loadBalancerClass === old.spec.loadBalancerClass) return [];
  return [invalid('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set')];
}

function validateStatus(
  { spec, status }: Service,
  old: Service | undefined,
): readonly FieldError[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  const field = 'status.loadBalancer.ingress';
  if (ingress.length === 0) return [];
  if (spec?.type !== 'LoadBalancer')
    return [forbidden(field, 'may only be used when `spec.type` is "LoadBalancer"')];
  const stored = (old?.status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip);
  return ingress.flatMap((entry, index) => validateIngress(`${field}[${index}]`, entry, stored));
}

function validateIngress(
  field: string,
  { ip = '', hostname = '', ipMode }: LoadBalancerIngress,
  stored: readonly string[],
): readonly FieldError[] {
  const errors = ip === '' ? [] : [...validateIp(`${field}.ip`, ip, stored)];
  if (ipMode === undefined) {
    if (ip !== '') errors.push(required(`${field}.ipMode`, 'must be specified when `ip` is set'));
  } else if (ip === '') {
    errors.push(forbidden(`${field}.ipMode`, 'may not be specified when `ip` is not set'));
  } else errors.push(...optionalOneOf(`${field}.ipMode`, ipMode, ['Proxy', 'VIP']));
  if (hostname === '') return errors;
  errors.push(...invalidEach(`${field}.hostname`, hostname, checkDnsSubdomain(hostname)));
  if (parseIp(hostname) !== undefined)
    errors.push(invalid(`${field}.hostname`, hostname, 'must be a DNS name, not an IP address'));
  return errors;
}
