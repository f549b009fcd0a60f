/** Kinds of the control plane that nothing here acts upon: how they are printed. @see kubernetes `printers/internalversion` */
import { deepEqual } from '../deep-equal.ts';
import { humanDuration } from '../human-duration.ts';
import { defineKind, type Column, type KindRow } from '../kind.ts';
import { checkPathSegment } from '../names.ts';
import type { KubeObject } from '../object.ts';
import { AGE, CREATED_AT, integer, NAME, NONE, text } from './columns.ts';
import { at, count, fields, items, listed, word } from './object-path.ts';
import { rareRules } from './rare-rules.ts';
import { UNSET } from './storage.ts';

const ADMISSION = 'admissionregistration.k8s.io';

/** Rows with columns of their own, and rules that are loaded with the first object that needs them. */
export const PRINTED_KINDS: readonly KindRow[] = [
  printed('ComponentStatus', [
    NAME,
    text('Status', (object) => word(items(object, 'conditions')[0], 'status')),
    text('Message', (object) => word(items(object, 'conditions')[0], 'message')),
    text('Error', (object) => word(items(object, 'conditions')[0], 'error')),
  ]),
  printed('LimitRange', [NAME, CREATED_AT]),
  printed(
    'ResourceQuota',
    [
      NAME,
      text('Request', (object) => showQuota(object, false)),
      text('Limit', (object) => showQuota(object, true)),
      AGE,
    ],
    { prepareForCreate: (object) => ({ ...object, status: {} }) },
  ),
  printed(
    'APIService.apiregistration.k8s.io',
    [NAME, text('Service', showService), text('Available', showAvailable), AGE],
    { validateName: checkPathSegment },
  ),
  printed(
    'CertificateSigningRequest.certificates.k8s.io',
    [
      NAME,
      AGE,
      text('SignerName', (object) => word(object, 'spec.signerName', NONE)),
      text('Requestor', (object) => word(object, 'spec.username')),
      text('RequestedDuration', (object) => {
        const seconds = at(object, 'spec.expirationSeconds');
        return typeof seconds === 'number' ? humanDuration(seconds * 1000) : NONE;
      }),
      text('Condition', showRequestState),
    ],
    { validateName: () => [] },
  ),
  printed(
    'CSIDriver.storage.k8s.io',
    [
      NAME,
      flag('AttachRequired', (object) => at(object, 'spec.attachRequired') !== false),
      flag('PodInfoOnMount', (object) => at(object, 'spec.podInfoOnMount') === true),
      flag('StorageCapacity', (object) => at(object, 'spec.storageCapacity') === true),
      text('TokenRequests', (object) =>
        at(object, 'spec.tokenRequests') === undefined
          ? UNSET
          : listed(object, 'spec.tokenRequests', 'audience'),
      ),
      flag('RequiresRepublish', (object) => at(object, 'spec.requiresRepublish') === true),
      text('Modes', (object) => items(object, 'spec.volumeLifecycleModes').join(',') || NONE),
      AGE,
    ],
    { defaults: defaultDriver, prepareForUpdate: withDriverGeneration },
  ),
  printed('CSINode.storage.k8s.io', [
    NAME,
    integer('Drivers', (object) => items(object, 'spec.drivers').length),
    AGE,
  ]),
  printed('CSIStorageCapacity.storage.k8s.io', [NAME, CREATED_AT]),
  printed('VolumeAttachment.storage.k8s.io', [
    NAME,
    { ...text('Attacher', (object) => word(object, 'spec.attacher')), format: 'name' },
    text('PV', (object) => word(object, 'spec.source.persistentVolumeName')),
    text('Node', (object) => word(object, 'spec.nodeName')),
    flag('Attached', (object) => at(object, 'status.attached') === true),
    AGE,
  ]),
  printed('VolumeAttributesClass.storage.k8s.io', [
    NAME,
    text('DriverName', (object) => word(object, 'driverName')),
    AGE,
  ]),
  ...['Validating', 'Mutating'].flatMap((kind) => [
    printed(`${kind}WebhookConfiguration.${ADMISSION}`, [
      NAME,
      integer('Webhooks', (object) => items(object, 'webhooks').length),
      AGE,
    ]),
    printed(`${kind}AdmissionPolicyBinding.${ADMISSION}`, [
      NAME,
      text('PolicyName', (object) => word(object, 'spec.policyName')),
      text('ParamRef', showParameters),
      AGE,
    ]),
  ]),
  policy('Validating', 'Validations'),
  policy('Mutating', 'Mutations'),
  printed('ResourceClaim.resource.k8s.io', [NAME, text('State', showClaimState), AGE]),
  printed('ResourceSlice.resource.k8s.io', [
    NAME,
    text('Node', (object) => word(object, 'spec.nodeName')),
    text('Driver', (object) => word(object, 'spec.driver')),
    text('Pool', (object) => word(object, 'spec.pool.name')),
    AGE,
  ]),
  printed('FlowSchema.flowcontrol.apiserver.k8s.io', [
    NAME,
    text('PriorityLevel', (object) => word(object, 'spec.priorityLevelConfiguration.name')),
    text('MatchingPrecedence', (object) => count(object, 'spec.matchingPrecedence')),
    text('DistinguisherMethod', (object) => word(object, 'spec.distinguisherMethod.type', NONE)),
    AGE,
    text('MissingPL', (object) => word(conditionOf(object, 'Dangling'), 'status', '?')),
  ]),
  printed('PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io', [
    NAME,
    text('Type', (object) => word(object, 'spec.type')),
    ...[
      ['NominalConcurrencyShares', 'nominalConcurrencyShares'],
      ['Queues', 'limitResponse.queuing.queues'],
      ['HandSize', 'limitResponse.queuing.handSize'],
      ['QueueLengthLimit', 'limitResponse.queuing.queueLengthLimit'],
    ].map(([name = '', path = '']) =>
      text<KubeObject>(name, (object) => {
        const value = at(object, `spec.limited.${path}`);
        return typeof value === 'number' ? value : NONE;
      }),
    ),
    AGE,
  ]),
];

function printed(
  name: string,
  columns: readonly Column[],
  row: Partial<KindRow<string>> = {},
): KindRow {
  return defineKind<string>(name, { ...rareRules(name), ...row, columns });
}

function defaultDriver(driver: KubeObject): KubeObject {
  // The last is behind a gate that 1.36 leaves off.
  const { preventPodSchedulingIfMissing: _, ...spec } = fields(driver, 'spec');
  const modes = items(spec, 'volumeLifecycleModes');
  return {
    ...driver,
    spec: {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      requiresRepublish: false,
      seLinuxMount: false,
      ...spec,
      volumeLifecycleModes: modes.length === 0 ? ['Persistent'] : modes,
    },
  };
}

/** It has no generation before its first change. */
function withDriverGeneration(driver: KubeObject, old: KubeObject): KubeObject {
  if (deepEqual(driver['spec'], old['spec'])) return driver;
  const generation = (old.metadata.generation ?? 0) + 1;
  return { ...driver, metadata: { ...driver.metadata, generation } };
}

function policy(kind: string, title: string): KindRow {
  return printed(`${kind}AdmissionPolicy.${ADMISSION}`, [
    NAME,
    integer(title, (object) => items(object, `spec.${title.toLowerCase()}`).length),
    text('ParamKind', (object) =>
      at(object, 'spec.paramKind') === undefined
        ? UNSET
        : `${word(object, 'spec.paramKind.apiVersion')}/${word(object, 'spec.paramKind.kind')}`,
    ),
    AGE,
  ]);
}

function flag(name: string, value: (object: KubeObject) => boolean): Column {
  return { name, type: 'boolean', priority: 0, value };
}

/** `used/hard` of each resource, limits apart from the rest. */
function showQuota(object: KubeObject, isLimit: boolean): string {
  const used = fields(object, 'status.used');
  return Object.entries(fields(object, 'status.hard'))
    .filter(([name]) => name.startsWith('limits.') === isLimit)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => `${name}: ${show(used[name])}/${show(hard)}`)
    .join(', ');
}

function show(amount: unknown): string {
  return typeof amount === 'string' || typeof amount === 'number' ? String(amount) : '0';
}

function showService(object: KubeObject): string {
  return at(object, 'spec.service') === undefined
    ? 'Local'
    : `${word(object, 'spec.service.namespace')}/${word(object, 'spec.service.name')}`;
}

function showAvailable(object: KubeObject): string {
  const condition = conditionOf(object, 'Available');
  const status = word(condition, 'status', 'Unknown');
  return condition === undefined || status === 'True'
    ? status
    : `${status} (${word(condition, 'reason')})`;
}

function conditionOf(object: KubeObject, type: string): unknown {
  return items(object, 'status.conditions').find((item) => word(item, 'type') === type);
}

function showRequestState(object: KubeObject): string {
  const has = (type: string): boolean => conditionOf(object, type) !== undefined;
  const decided = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  const issued = word(object, 'status.certificate') === '' ? '' : ',Issued';
  return `${decided}${has('Failed') ? ',Failed' : ''}${issued}`;
}

function showParameters(object: KubeObject): string {
  const name = word(object, 'spec.paramRef.name');
  if (name === '') return UNSET;
  return `${word(object, 'spec.paramRef.namespace', '*')}/${name}`;
}

function showClaimState(object: KubeObject): string {
  const isDeleted = object.metadata.deletionTimestamp !== undefined;
  if (at(object, 'status.allocation') === undefined) return isDeleted ? 'deleted' : 'pending';
  const isReserved = items(object, 'status.reservedFor').length > 0;
  return [...(isDeleted ? ['deleted'] : []), 'allocated', ...(isReserved ? ['reserved'] : [])].join(
    ',',
  );
}
