import type { FieldError } from '../errors.ts';
import { deepEqual } from '../deep-equal.ts';
import { defineKind, type KindRow } from '../kind.ts';
import { checkLabelValue, checkQualifiedName } from '../names.ts';
import type { Node, NodeSpec, NodeSystemInfo, Taint } from '../types.ts';
import { canonicalAmounts } from '../amounts.ts';
import { AGE, NAME, NONE, text, wide } from './columns.ts';
import { cidrFamily, validateCidr } from './validate/addresses.ts';
import { compact, nonEmpty, nonEmptyList } from './validate/compact.ts';
import { duplicate, forbidden, invalid, invalidEach, oneOf } from './validate/field-errors.ts';

const EFFECTS: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';
const UNKNOWN = '<unknown>';
const NO_INFO: NodeSystemInfo = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
};

/** A machine that Pods run on. */
export const NODE: KindRow<'Node'> = defineKind('Node', {
  defaults: (node) => ({
    ...node,
    spec: defaultSpec(node.spec ?? {}),
    status: {
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      nodeInfo: NO_INFO,
      ...node.status,
      ...(node.status?.capacity && { capacity: canonicalAmounts(node.status.capacity) }),
      ...(node.status?.allocatable && { allocatable: canonicalAmounts(node.status.allocatable) }),
    },
  }),
  // A kubelet registers itself with its status, so a create keeps what it says.
  prepareForCreate: (node) => node,
  validate: (node, old) => [
    ...validateTaints(node.spec?.taints ?? []),
    ...validatePodCidrs(node.spec ?? {}),
    ...(old ? validateChange(node.spec ?? {}, old.spec ?? {}) : []),
  ],
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
  columns: [
    NAME,
    text('Status', statusText),
    text('Roles', rolesText),
    AGE,
    text('Version', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
    wide('Internal-IP', (node) => addressOf(node, 'InternalIP')),
    wide('External-IP', (node) => addressOf(node, 'ExternalIP')),
    wide('OS-Image', ({ status }) => nonEmpty(status?.nodeInfo?.osImage) ?? UNKNOWN),
    wide('Kernel-Version', ({ status }) => nonEmpty(status?.nodeInfo?.kernelVersion) ?? UNKNOWN),
    wide(
      'Container-Runtime',
      ({ status }) => nonEmpty(status?.nodeInfo?.containerRuntimeVersion) ?? UNKNOWN,
    ),
  ],
});

/** `podCIDR` is the first of `podCIDRs`, whichever of the two was given. */
function defaultSpec(spec: NodeSpec): NodeSpec {
  const single = nonEmpty(spec.podCIDR);
  const given = nonEmptyList(spec.podCIDRs);
  // The older field counts where they differ.
  const isKept = given !== undefined && (single === undefined || given[0] === single);
  const podCIDRs = isKept ? given : single === undefined ? undefined : [single];
  return compact<NodeSpec>({
    ...spec,
    podCIDR: single ?? podCIDRs?.[0],
    podCIDRs,
    unschedulable: spec.unschedulable === true ? true : undefined,
    taints: nonEmptyList(spec.taints),
  });
}

function validatePodCidrs({ podCIDRs = [] }: NodeSpec): readonly FieldError[] {
  const field = 'spec.podCIDRs';
  const errors = podCIDRs.flatMap((cidr, index) => validateCidr(`${field}[${index}]`, cidr));
  const families = new Set(podCIDRs.map(cidrFamily));
  if (podCIDRs.length > 1 && (families.size !== 2 || podCIDRs.length > 2))
    errors.push(invalid(field, podCIDRs, 'may specify no more than one CIDR for each IP family'));
  return errors;
}

function validateTaints(taints: readonly Taint[]): readonly FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const { key, value = '', effect } = taint;
    const field = `metadata.taints[${index}]`;
    const errors = [
      ...invalidEach(`${field}.key`, key, checkQualifiedName(key)),
      ...invalidEach(`${field}.value`, value, checkLabelValue(value)),
      ...oneOf(`${field}.effect`, effect, EFFECTS),
    ];
    const id = `${effect} ${key}`;
    if (seen.has(id))
      errors.push(
        duplicate(
          field,
          { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null },
          'taints must be unique by key and effect pair',
        ),
      );
    seen.add(id);
    return errors;
  });
}

function validateChange(spec: NodeSpec, old: NodeSpec): readonly FieldError[] {
  const errors: FieldError[] = [];
  if ((old.podCIDRs ?? []).length > 0 && !deepEqual(spec.podCIDRs, old.podCIDRs))
    errors.push(
      forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'),
    );
  if (nonEmpty(old.providerID) !== undefined && spec.providerID !== old.providerID)
    errors.push(
      forbidden(
        'spec.providerID',
        'node updates may not change providerID except from "" to valid',
      ),
    );
  // Upstream judges these once more.
  errors.push(...validateTaints(spec.taints ?? []));
  if ((spec.externalID ?? '') !== (old.externalID ?? ''))
    errors.push(forbidden('spec.externalID', 'may not be updated'));
  return errors;
}

function statusText({ spec, status }: Node): string {
  const ready = (status?.conditions ?? []).find(({ type }) => type === 'Ready');
  const words = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable === true ? `${words},SchedulingDisabled` : words;
}

function rolesText({ metadata }: Node): string {
  const roles = Object.entries(metadata.labels ?? {})
    .map(([key, value]) => {
      if (key.startsWith(ROLE_PREFIX)) return key.slice(ROLE_PREFIX.length);
      return key === ROLE_LABEL ? value : '';
    })
    .filter((role) => role !== '');
  return roles.length === 0 ? NONE : [...new Set(roles)].toSorted().join(',');
}

function addressOf({ status }: Node, type: string): string {
  return (status?.addresses ?? []).find((address) => address.type === type)?.address ?? NONE;
}
