/** Small kinds of which the API server knows defaults and rules: leases, priorities, classes. */
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import { AGE, integer, NAME, text } from './columns.ts';
import { at, count, fields, word } from './object-path.ts';
import { lateRules, rareRules } from './rare-rules.ts';
import { forbidden, invalid, oneOf } from './validate/field-errors.ts';
import { validateImmutable } from './workload/validate.ts';

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const PREEMPTIONS = ['PreemptLowerPriority', 'Never'];
const SYSTEM_PREFIX = 'system-';
const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

/** Their rows. */
export const SETTLED_KINDS: readonly KindRow[] = [
  defineKind<string>('Lease.coordination.k8s.io', {
    prepareForCreate: withoutCoordination,
    validate: validateLease,
    columns: [NAME, text('Holder', (object) => word(object, 'spec.holderIdentity')), AGE],
  }),
  defineKind<string>('PriorityClass.scheduling.k8s.io', {
    defaults: (object) => ({
      ...object,
      preemptionPolicy: object['preemptionPolicy'] ?? 'PreemptLowerPriority',
    }),
    validate: validatePriorityClass,
    // It is the first for ever.
    isNewGeneration: () => false,
    columns: [
      NAME,
      integer('Value', (object) => count(object, 'value')),
      {
        name: 'Global-Default',
        type: 'boolean',
        priority: 0,
        value: (object) => at(object, 'globalDefault') === true,
      },
      AGE,
      text('PreemptionPolicy', (object) => word(object, 'preemptionPolicy')),
    ],
  }),
  defineKind<string>('RuntimeClass.node.k8s.io', {
    ...rareRules('RuntimeClass.node.k8s.io'),
    columns: [NAME, text('Handler', (object) => word(object, 'handler')), AGE],
  }),
  defineKind<string>('StorageClass.storage.k8s.io', {
    defaults: (object) => ({
      ...object,
      reclaimPolicy: object['reclaimPolicy'] ?? 'Delete',
      volumeBindingMode: object['volumeBindingMode'] ?? 'Immediate',
    }),
    validate: lateRules('StorageClass.storage.k8s.io'),
    columns: [
      {
        ...NAME,
        value: ({ metadata }) =>
          metadata.annotations?.[DEFAULT_CLASS] === 'true'
            ? `${metadata.name} (default)`
            : metadata.name,
      },
      text('Provisioner', (object) => word(object, 'provisioner')),
      text('ReclaimPolicy', (object) => word(object, 'reclaimPolicy', 'Delete')),
      text('VolumeBindingMode', (object) => word(object, 'volumeBindingMode', 'Immediate')),
      text('AllowVolumeExpansion', (object) => at(object, 'allowVolumeExpansion') === true),
      AGE,
    ],
  }),
];

/** Without CoordinatedLeaderElection, which 1.36 has and leaves off, these are dropped without a word. */
function withoutCoordination(object: KubeObject): KubeObject {
  const { strategy: _, preferredHolder: __, ...spec } = fields(object, 'spec');
  return { ...object, spec };
}

function validateLease(object: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = [];
  const seconds = at(object, 'spec.leaseDurationSeconds');
  if (typeof seconds === 'number' && seconds <= 0)
    errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
  const transitions = count(object, 'spec.leaseTransitions');
  if (transitions < 0)
    errors.push(
      invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'),
    );
  return errors;
}

function validatePriorityClass(
  object: KubeObject,
  old: KubeObject | undefined,
): readonly FieldError[] {
  const { name } = object.metadata;
  const value = count(object, 'value');
  if (old !== undefined)
    return [
      ...(value === count(old, 'value')
        ? []
        : [forbidden('value', 'may not be changed in an update.')]),
      ...validateImmutable('preemptionPolicy', object['preemptionPolicy'], old['preemptionPolicy']),
    ];
  const errors: FieldError[] = [];
  if (name.startsWith(SYSTEM_PREFIX) && SYSTEM_PRIORITIES[name] !== value)
    errors.push(
      forbidden(
        'metadata.name',
        "priority class names with 'system-' prefix are reserved for system use only. error: " +
          (SYSTEM_PRIORITIES[name] === undefined
            ? `${name} is not a known system priority class`
            : `value of ${name} PriorityClass must be ${SYSTEM_PRIORITIES[name]}`),
      ),
    );
  else if (!name.startsWith(SYSTEM_PREFIX) && value > HIGHEST_USER_PRIORITY)
    errors.push(
      forbidden(
        'value',
        `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`,
      ),
    );
  return [...errors, ...oneOf('preemptionPolicy', word(object, 'preemptionPolicy'), PREEMPTIONS)];
}
