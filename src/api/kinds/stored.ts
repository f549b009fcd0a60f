/** Kinds that are stored as they are: all that is known of them is how they are printed. */
import { ageOf } from '../human-duration.ts';
import { defineKind, type Column, type KindRow } from '../kind.ts';
import { checkPathSegment } from '../names.ts';
import type { KubeObject } from '../object.ts';
import { AGE, integer, NAME, NONE, text, wide } from './columns.ts';

const CREATED_AT: Column = {
  name: 'Created At',
  type: 'date',
  priority: 0,
  value: ({ metadata }) => metadata.creationTimestamp ?? '',
};

const RBAC = 'rbac.authorization.k8s.io';

/** Rows with columns of their own, and nothing else. */
export const STORED_KINDS: readonly KindRow[] = [
  printed('LimitRange', [NAME, CREATED_AT]),
  printed('PodTemplate', [
    NAME,
    text('Containers', (object) => listed(object, 'template.spec.containers', 'name')),
    text('Images', (object) => listed(object, 'template.spec.containers', 'image')),
    text('Pod Labels', (object) => labels(object, 'template.metadata.labels')),
  ]),
  printed('ReplicationController', [
    NAME,
    integer('Desired', (object) => count(object, 'spec.replicas')),
    integer('Current', (object) => count(object, 'status.replicas')),
    integer('Ready', (object) => count(object, 'status.readyReplicas')),
    AGE,
    wide('Containers', (object) => listed(object, 'spec.template.spec.containers', 'name')),
    wide('Images', (object) => listed(object, 'spec.template.spec.containers', 'image')),
    wide('Selector', (object) => labels(object, 'spec.selector')),
  ]),
  freelyNamed(`Role.${RBAC}`, [NAME, CREATED_AT]),
  freelyNamed(`ClusterRole.${RBAC}`, [NAME, CREATED_AT]),
  freelyNamed(`RoleBinding.${RBAC}`, bindingColumns()),
  freelyNamed(`ClusterRoleBinding.${RBAC}`, bindingColumns()),
  freelyNamed('CertificateSigningRequest.certificates.k8s.io'),
  freelyNamed('APIService.apiregistration.k8s.io'),
  printed('Lease.coordination.k8s.io', [
    NAME,
    text('Holder', (object) => word(object, 'spec.holderIdentity')),
    AGE,
  ]),
  printed('PriorityClass.scheduling.k8s.io', [
    NAME,
    integer('Value', (object) => count(object, 'value')),
    flag('Global-Default', 'globalDefault'),
    AGE,
    text('PreemptionPolicy', (object) => word(object, 'preemptionPolicy', 'PreemptLowerPriority')),
  ]),
  printed('RuntimeClass.node.k8s.io', [
    NAME,
    text('Handler', (object) => word(object, 'handler')),
    AGE,
  ]),
  printed('StorageClass.storage.k8s.io', [
    {
      ...NAME,
      value: ({ metadata }) =>
        metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true'
          ? `${metadata.name} (default)`
          : metadata.name,
    },
    text('Provisioner', (object) => word(object, 'provisioner')),
    text('ReclaimPolicy', (object) => word(object, 'reclaimPolicy', 'Delete')),
    text('VolumeBindingMode', (object) => word(object, 'volumeBindingMode', 'Immediate')),
    text('AllowVolumeExpansion', (object) => word(object, 'allowVolumeExpansion', 'false')),
    AGE,
  ]),
  printed('HTTPRoute.gateway.networking.k8s.io', routeColumns()),
  printed('GRPCRoute.gateway.networking.k8s.io', routeColumns()),
  printed('GatewayClass.gateway.networking.k8s.io', [
    NAME,
    text('Controller', (object) => word(object, 'spec.controllerName')),
    text('Accepted', (object) => condition(object, 'Accepted')),
    dateAge(),
    wide('Description', (object) => word(object, 'spec.description')),
  ]),
  printed('Gateway.gateway.networking.k8s.io', [
    NAME,
    text('Class', (object) => word(object, 'spec.gatewayClassName')),
    text('Address', (object) => listed(object, 'status.addresses', 'value')),
    text('Programmed', (object) => condition(object, 'Programmed')),
    dateAge(),
  ]),
];

function printed(name: string, columns: readonly Column[]): KindRow {
  return defineKind(name, { columns });
}

/** A kind whose names need only fit into a URL, as `system:metrics-server` does. */
function freelyNamed(name: string, columns?: readonly Column[]): KindRow {
  const row = { validateName: checkPathSegment };
  return defineKind(name, columns ? { ...row, columns } : row);
}

function bindingColumns(): readonly Column[] {
  const subjects =
    (kind: string): ((object: KubeObject) => string) =>
    (object) =>
      items(object, 'subjects')
        .filter((subject) => at(subject, 'kind') === kind)
        .map((subject) =>
          [word(subject, 'namespace'), word(subject, 'name')]
            .filter((part) => part !== '')
            .join('/'),
        )
        .join(', ');
  return [
    NAME,
    text('Role', (object) => `${word(object, 'roleRef.kind')}/${word(object, 'roleRef.name')}`),
    AGE,
    wide('Users', subjects('User')),
    wide('Groups', subjects('Group')),
    wide('ServiceAccounts', subjects('ServiceAccount')),
  ];
}

/** Columns of custom resources are printed as JSONPath finds them: lists as JSON. */
function routeColumns(): readonly Column[] {
  return [
    NAME,
    text('Hostnames', (object) => {
      const hostnames = at(object, 'spec.hostnames');
      return hostnames === undefined ? '' : JSON.stringify(hostnames);
    }),
    dateAge(),
  ];
}

function dateAge(): Column {
  return {
    name: 'Age',
    type: 'date',
    priority: 0,
    value: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
  };
}

function flag(name: string, path: string): Column {
  return {
    name,
    type: 'boolean',
    priority: 0,
    value: (object) => String(at(object, path) === true),
  };
}

/** The value at a dotted path; undefined where the path leads nowhere. */
function at(object: unknown, path: string): unknown {
  let value = object;
  for (const field of path.split('.')) {
    if (!isFields(value) || !Object.hasOwn(value, field)) return undefined;
    value = value[field];
  }
  return value;
}

function word(object: unknown, path: string, absent = ''): string {
  const value = at(object, path);
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : absent;
}

function count(object: unknown, path: string): number {
  const value = at(object, path);
  return typeof value === 'number' ? value : 0;
}

function items(object: unknown, path: string): readonly unknown[] {
  const value = at(object, path);
  return Array.isArray(value) ? value : [];
}

function listed(object: unknown, path: string, field: string): string {
  return items(object, path)
    .map((item) => word(item, field))
    .join(',');
}

function labels(object: unknown, path: string): string {
  const value = at(object, path);
  const pairs = isFields(value)
    ? Object.entries(value).map(([key, label]) => `${key}=${String(label)}`)
    : [];
  return pairs.length === 0 ? NONE : pairs.toSorted().join(',');
}

function condition(object: unknown, type: string): string {
  const found = items(object, 'status.conditions').find((item) => at(item, 'type') === type);
  return word(found, 'status');
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
