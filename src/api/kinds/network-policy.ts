import { parseCidr, cidrContains } from '../../net/index.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../types.ts';
import { AGE, NAME, showSelector, text } from './columns.ts';
import { validateCidr } from './validate/addresses.ts';
import { compact, nonEmptyList } from './validate/compact.ts';
import {
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
} from './validate/field-errors.ts';
import { validateLabelSelector } from './validate/labels.ts';
import { checkPortName } from './validate/names.ts';
import { validatePortNumber } from './validate/ports.ts';

const TYPES: readonly string[] = ['Ingress', 'Egress'];
const PROTOCOLS: readonly string[] = ['TCP', 'UDP', 'SCTP'];

/** Who may talk to the Pods that it selects, and to whom they may talk. */
export const NETWORK_POLICY: KindRow<'NetworkPolicy'> = defineKind('NetworkPolicy', {
  defaults: (policy) => ({ ...policy, spec: defaultSpec(policy.spec ?? {}) }),
  validate: (policy, old) => validateSpec(policy.spec ?? {}, storedCidrs(old)),
  columns: [NAME, text('Pod-Selector', ({ spec }) => showSelector(spec?.podSelector)), AGE],
});

function defaultSpec(spec: NetworkPolicySpec): NetworkPolicySpec {
  const hasEgress = (spec.egress ?? []).length > 0;
  return compact<NetworkPolicySpec>({
    ...spec,
    podSelector: spec.podSelector ?? {},
    ingress: nonEmptyList(spec.ingress)?.map(defaultPorts),
    egress: nonEmptyList(spec.egress)?.map(defaultPorts),
    policyTypes: nonEmptyList(spec.policyTypes) ?? (hasEgress ? TYPES : ['Ingress']),
  });
}

function defaultPorts<T extends { readonly ports?: readonly NetworkPolicyPort[] }>(rule: T): T {
  if (rule.ports === undefined) return rule;
  const ports = rule.ports.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' }));
  return { ...rule, ports };
}

/** Prefixes that an update may keep although they would be refused today. */
function storedCidrs(policy: NetworkPolicy | undefined): readonly string[] {
  const peers = [
    ...(policy?.spec?.ingress ?? []).flatMap(({ from = [] }) => from),
    ...(policy?.spec?.egress ?? []).flatMap(({ to = [] }) => to),
  ];
  return peers.flatMap(({ ipBlock }) =>
    ipBlock === undefined ? [] : [ipBlock.cidr, ...(ipBlock.except ?? [])],
  );
}

function validateSpec(spec: NetworkPolicySpec, stored: readonly string[]): readonly FieldError[] {
  return [
    ...validateLabelSelector('spec.podSelector', spec.podSelector),
    ...(spec.ingress ?? []).flatMap(({ ports = [], from = [] }, index) => [
      ...validatePorts(`spec.ingress[${index}].ports`, ports),
      ...validatePeers(`spec.ingress[${index}].from`, from, stored),
    ]),
    ...(spec.egress ?? []).flatMap(({ ports = [], to = [] }, index) => [
      ...validatePorts(`spec.egress[${index}].ports`, ports),
      ...validatePeers(`spec.egress[${index}].to`, to, stored),
    ]),
    ...validateTypes(spec.policyTypes ?? []),
  ];
}

function validateTypes(types: readonly string[]): readonly FieldError[] {
  const field = 'spec.policyTypes';
  if (types.length > 2) return [invalid(field, types, 'may not specify more than two policyTypes')];
  return types.flatMap((type, index) =>
    TYPES.includes(type) ? [] : [notSupported(`${field}[${index}]`, type, TYPES)],
  );
}

function validatePorts(field: string, ports: readonly NetworkPolicyPort[]): readonly FieldError[] {
  return ports.flatMap(({ protocol, port, endPort }, index) => {
    const path = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (protocol !== undefined && !PROTOCOLS.includes(protocol))
      errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
    if (typeof port === 'number') errors.push(...validatePortNumber(`${path}.port`, port));
    errors.push(...validateEndPort(`${path}.endPort`, port, endPort));
    if (typeof port === 'string')
      errors.push(...invalidEach(`${path}.port`, port, checkPortName(port)));
    return errors;
  });
}

function validateEndPort(
  field: string,
  port: number | string | undefined,
  endPort: number | undefined,
): readonly FieldError[] {
  if (endPort === undefined) return [];
  if (port === undefined)
    return [invalid(field, endPort, 'may not be specified when `port` is not specified')];
  if (typeof port === 'string')
    return [invalid(field, endPort, 'may not be specified when `port` is non-numeric')];
  return [
    // The API shows the port here, not the end.
    ...(endPort < port ? [invalid(field, port, 'must be greater than or equal to `port`')] : []),
    ...validatePortNumber(field, endPort),
  ];
}

function validatePeers(
  field: string,
  peers: readonly NetworkPolicyPeer[],
  stored: readonly string[],
): readonly FieldError[] {
  return peers.flatMap(({ podSelector, namespaceSelector, ipBlock }, index) => {
    const path = `${field}[${index}]`;
    const hasSelector = podSelector !== undefined || namespaceSelector !== undefined;
    if (!hasSelector && ipBlock === undefined) return [required(path, 'must specify a peer')];
    return [
      ...validateLabelSelector(`${path}.podSelector`, podSelector),
      ...validateLabelSelector(`${path}.namespaceSelector`, namespaceSelector),
      ...(ipBlock ? validateIpBlock(`${path}.ipBlock`, ipBlock, stored) : []),
      ...(hasSelector && ipBlock
        ? [forbidden(path, 'may not specify both ipBlock and another peer')]
        : []),
    ];
  });
}

function validateIpBlock(
  field: string,
  { cidr, except = [] }: IPBlock,
  stored: readonly string[],
): readonly FieldError[] {
  if (cidr === '') return [required(`${field}.cidr`)];
  const errors = [...validateCidr(`${field}.cidr`, cidr, stored)];
  const block = parseCidr(cidr);
  except.forEach((excepted, index) => {
    const path = `${field}.except[${index}]`;
    errors.push(...validateCidr(path, excepted, stored));
    const part = parseCidr(excepted);
    if (block === undefined || part === undefined) return;
    if (!cidrContains(block, part.network) || block.prefixLength >= part.prefixLength)
      errors.push(invalid(path, excepted, 'must be a strict subset of `cidr`'));
  });
  return errors;
}
