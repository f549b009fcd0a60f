import { deepEqual } from '../../deep-equal.ts';
import type { FieldError } from '../../errors.ts';
import { checkDnsSubdomain, checkQualifiedName } from '../../names.ts';
import type { KubeObject } from '../../object.ts';
import { canonicalQuantity, parseQuantity } from '../../quantity.ts';
import type { LabelSelector } from '../../types.ts';
import { at, count, items, word } from '../object-path.ts';
import {
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  required,
  type Errors,
} from '../validate/field-errors.ts';
import { sortedSelector, validateLabelSelector } from '../validate/labels.ts';
import { validateImmutable } from '../workload/validate.ts';
import { validateDriverName } from './volume-sources.ts';

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLES = ['Persistent', 'Ephemeral'];
const MIN_UPDATE_PERIOD_SECONDS = 10;
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const MAX_NODE_ID = 256;

/** @see kubernetes `ValidateCSIDriver`, `ValidateCSIDriverUpdate` */
export function validateDriver(driver: KubeObject, old: KubeObject | undefined): Errors {
  const tokens = items(driver, 'spec.tokenRequests');
  const policy = word(driver, 'spec.fsGroupPolicy');
  const period = at(driver, 'spec.nodeAllocatableUpdatePeriodSeconds');
  const inSecrets = at(driver, 'spec.serviceAccountTokenInSecrets');
  const modes = items(driver, 'spec.volumeLifecycleModes');
  const errors: FieldError[] = [];
  if (!GROUP_POLICIES.includes(policy))
    errors.push(notSupported('spec.fsGroupPolicy', policy, GROUP_POLICIES));
  errors.push(...validateTokens('spec.tokenRequests', tokens));
  for (const mode of modes.map(String))
    if (!LIFECYCLES.includes(mode))
      errors.push(notSupported('spec.volumeLifecycleModes', mode, LIFECYCLES));
  if (typeof period === 'number' && period < MIN_UPDATE_PERIOD_SECONDS)
    errors.push(
      invalid(
        'spec.nodeAllocatableUpdatePeriodSeconds',
        period,
        'must be greater than or equal to 10 seconds',
      ),
    );
  if (inSecrets !== undefined && tokens.length === 0)
    errors.push(
      invalid(
        'spec.serviceAccountTokenInSecrets',
        inSecrets,
        'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
      ),
    );
  if (old === undefined) return errors;
  return [
    ...errors,
    // The misspelling is upstream's.
    ...validateImmutable(
      'spec.attachedRequired',
      at(driver, 'spec.attachRequired'),
      at(old, 'spec.attachRequired'),
    ),
    ...validateImmutable(
      'spec.volumeLifecycleModes',
      modes,
      items(old, 'spec.volumeLifecycleModes'),
    ),
  ];
}

function validateTokens(field: string, tokens: readonly unknown[]): Errors {
  const audiences = new Set<string>();
  return tokens.flatMap((token, index) => {
    const audience = word(token, 'audience');
    if (audiences.has(audience)) return [duplicate(`${field}[${index}].audience`, audience)];
    audiences.add(audience);
    const seconds = at(token, 'expirationSeconds');
    if (typeof seconds !== 'number') return [];
    const path = `${field}[${index}].expirationSeconds`;
    if (seconds < MIN_TOKEN_SECONDS)
      return [invalid(path, seconds, 'may not specify a duration less than 10 minutes')];
    if (seconds > MAX_TOKEN_SECONDS)
      return [invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds')];
    return [];
  });
}

/** @see kubernetes `ValidateCSINode`, `ValidateCSINodeUpdate` */
export function validateDriversOfNode(node: KubeObject, old: KubeObject | undefined): Errors {
  const names = new Set<string>();
  const errors = items(node, 'spec.drivers').flatMap((driver, index) => {
    const field = `spec.drivers[${index}]`;
    const name = word(driver, 'name');
    const isTaken = names.has(name);
    names.add(name);
    return [
      ...validateDriverName(`${field}.name`, name),
      ...validateNodeId(`${field}.nodeID`, word(driver, 'nodeID')),
      ...(count(driver, 'allocatable.count') < 0
        ? [
            invalid(
              `${field}.allocatable.count`,
              count(driver, 'allocatable.count'),
              'must be greater than or equal to 0',
            ),
          ]
        : []),
      ...(isTaken ? [duplicate(`${field}.name`, name)] : []),
      ...validateTopologyKeys(field, items(driver, 'topologyKeys').map(String)),
    ];
  });
  return [
    ...errors,
    ...items(old, 'spec.drivers').flatMap((before) =>
      items(node, 'spec.drivers')
        .filter((driver) => word(driver, 'name') === word(before, 'name'))
        .flatMap((driver) =>
          validateImmutable('spec.drivers', identityOf(driver), identityOf(before)),
        ),
    ),
  ];
}

/** A driver without what may change, as Go prints it. */
function identityOf(driver: unknown): object {
  return {
    Name: word(driver, 'name'),
    NodeID: word(driver, 'nodeID'),
    TopologyKeys: at(driver, 'topologyKeys') ?? null,
    Allocatable: null,
  };
}

function validateNodeId(field: string, id: string): Errors {
  if (id === '') return [required(field)];
  return id.length > MAX_NODE_ID
    ? [invalid(field, id, `must be ${MAX_NODE_ID} characters or less`)]
    : [];
}

function validateTopologyKeys(field: string, keys: readonly string[]): Errors {
  return keys.flatMap((key, index) => [
    ...(key === '' ? [required(field)] : []),
    ...(keys.indexOf(key) < index ? [duplicate(field, key)] : []),
    ...invalidEach(field, key, checkQualifiedName(key)),
  ]);
}

/** @see kubernetes `ValidateCSIStorageCapacity`, `ValidateCSIStorageCapacityUpdate` */
export function validateStorageCapacity(object: KubeObject, old: KubeObject | undefined): Errors {
  const topology = topologyOf(object);
  const storageClass = word(object, 'storageClassName');
  const errors: FieldError[] = [
    ...(topology === undefined ? [] : validateLabelSelector('nodeTopology', topology)),
    ...invalidEach('storageClassName', storageClass, checkDnsSubdomain(storageClass)),
    ...validateCapacity(object['capacity']),
  ];
  if (old === undefined) return errors;
  if (!deepEqual(topology, topologyOf(old)))
    errors.push(
      invalid('nodeTopology', topology && sortedSelector(topology), 'field is immutable'),
    );
  if (storageClass !== word(old, 'storageClassName'))
    errors.push(invalid('storageClassName', storageClass, 'field is immutable'));
  return errors;
}

function topologyOf(object: KubeObject): LabelSelector | undefined {
  return at(object, 'nodeTopology') as LabelSelector | undefined; // read by its shape
}

function validateCapacity(capacity: unknown): Errors {
  if (typeof capacity !== 'string' && typeof capacity !== 'number') return [];
  const { nanos } = parseQuantity(capacity) ?? { nanos: 0n };
  return nanos < 0n
    ? [invalid('capacity', canonicalQuantity(capacity), 'must be greater than or equal to 0')]
    : [];
}
