import { Buffer } from 'node:buffer';
import { deepEqual } from '../../deep-equal.ts';
import type { FieldError } from '../../errors.ts';
import { checkQualifiedName } from '../../names.ts';
import type { KubeObject } from '../../object.ts';
import { fields, items, word } from '../object-path.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
  tooLong,
  type Errors,
} from '../validate/field-errors.ts';
import { validateImmutable } from '../workload/validate.ts';

const RECLAIMS = ['Delete', 'Retain'];
const BINDINGS = ['Immediate', 'WaitForFirstConsumer'];
const MAX_PARAMETERS = 512;
const MAX_PARAMETERS_BYTES = 256 * 1024;

/** @see kubernetes `ValidateStorageClass`, `ValidateStorageClassUpdate` */
export function validateStorageClass(object: KubeObject, old: KubeObject | undefined): Errors {
  const policy = word(object, 'reclaimPolicy');
  const mode = word(object, 'volumeBindingMode');
  return [
    ...validateProvisioner('provisioner', word(object, 'provisioner')),
    ...validateParameters(fields(object, 'parameters')),
    ...(policy === '' || RECLAIMS.includes(policy)
      ? []
      : [notSupported('reclaimPolicy', policy, RECLAIMS)]),
    ...(BINDINGS.includes(mode) ? [] : [notSupported('volumeBindingMode', mode, BINDINGS)]),
    ...validateTopologies(items(object, 'allowedTopologies')),
    ...(old === undefined
      ? []
      : [
          ...validateImmutable('parameters', parametersOf(object), parametersOf(old)),
          ...['provisioner', 'reclaimPolicy', 'volumeBindingMode'].flatMap((field) =>
            validateImmutable(field, object[field], old[field]),
          ),
        ]),
  ];
}

/** @see kubernetes `ValidateVolumeAttributesClass`, `ValidateVolumeAttributesClassUpdate` */
export function validateAttributesClass(object: KubeObject, old: KubeObject | undefined): Errors {
  const parameters = fields(object, 'parameters');
  return [
    ...(['driverName', 'parameters'] as const)
      .filter((field) => old !== undefined && !deepEqual(object[field], old[field]))
      .map((field) => forbidden(field, `updates to ${field} are forbidden.`)),
    ...validateProvisioner('driverName', word(object, 'driverName')),
    ...validateParameters(parameters),
    ...(Object.keys(parameters).length === 0
      ? [required('parameters', 'must contain at least one key/value pair')]
      : []),
  ];
}

/** In the order in which Go shows them. */
function parametersOf(object: KubeObject): Readonly<Record<string, unknown>> | undefined {
  if (object['parameters'] === undefined) return undefined;
  const entries = Object.entries(fields(object, 'parameters'));
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function validateProvisioner(field: string, name: string): Errors {
  return name === ''
    ? [required(field)]
    : invalidEach(field, name.toLowerCase(), checkQualifiedName(name.toLowerCase()));
}

function validateParameters(parameters: Readonly<Record<string, unknown>>): Errors {
  const field = 'parameters';
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) return [tooLong(field, MAX_PARAMETERS)];
  const bytes = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  return [
    ...entries
      .filter(([key]) => key === '')
      .map(([key]) => invalid(field, key, 'field can not be empty.')),
    ...(bytes > MAX_PARAMETERS_BYTES ? [tooLong(field, MAX_PARAMETERS_BYTES)] : []),
  ];
}

type Term = Readonly<Record<string, readonly string[]>>;

function validateTopologies(topologies: readonly unknown[]): Errors {
  // As upstream, which compares with this many terms without an expression too.
  const seen: Term[] = topologies.map(() => ({}));
  return topologies.flatMap((topology, index) => {
    const field = `allowedTopologies[${index}].matchLabelExpressions`;
    const { errors, term } = readTerm(field, items(topology, 'matchLabelExpressions'));
    const repeated = seen.filter((other) => deepEqual(other, term)).map(() => duplicate(field, ''));
    seen.push(term);
    return [...errors, ...repeated];
  });
}

function readTerm(
  field: string,
  expressions: readonly unknown[],
): { readonly errors: Errors; readonly term: Term } {
  const term: Record<string, readonly string[]> = {};
  const errors: FieldError[] = [];
  expressions.forEach((expression, index) => {
    const key = word(expression, 'key');
    const values = items(expression, 'values').map(String);
    const path = `${field}[${index}]`;
    if (values.length === 0) errors.push(required(`${path}.values`));
    values.forEach((value, place) => {
      if (values.indexOf(value) < place) errors.push(duplicate(`${path}.values[${place}]`, value));
    });
    errors.push(...invalidEach(`${path}.key`, key, checkQualifiedName(key)));
    if (term[key] !== undefined) errors.push(duplicate(`${path}.key`, key));
    term[key] = [...new Set(values)].toSorted();
  });
  return { errors, term };
}
