import { malformedAmounts } from '../../amounts.ts';
import type { FieldError } from '../../errors.ts';
import { checkDnsLabel } from '../../names.ts';
import { parseQuantity } from '../../quantity.ts';
import type {
  Container,
  ContainerPort,
  EnvFromSource,
  EnvVar,
  EphemeralContainer,
  ResourceRequirements,
} from '../../types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  oneOf,
  optionalOneOf,
  required,
} from '../validate/field-errors.ts';
import { checkEnvName, checkPortName } from '../validate/names.ts';
import { PROTOCOLS, validatePortNumber } from '../validate/ports.ts';
import { validateProbes } from './probes.ts';
import { validateMounts } from './volumes.ts';

const PULL_POLICIES: readonly string[] = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES: readonly string[] = ['File', 'FallbackToLogsOnError'];
const RESTART_POLICIES: readonly string[] = ['Always', 'Never', 'OnFailure'];

/** What a Pod tells each of its containers. */
export interface PodContext {
  readonly volumes: ReadonlySet<string>;
  readonly isHostNetwork: boolean;
  /** Names of containers so far, of all lists; grows. */
  readonly names: Set<string>;
}

/** The containers of a Pod's main list. */
export function validateContainers(
  field: string,
  containers: readonly Container[],
  context: PodContext,
): readonly FieldError[] {
  if (containers.length === 0) return [required(field)];
  const errors = containers.flatMap((container, index) => {
    const path = `${field}[${index}]`;
    return [
      ...validateContainer(path, container, context),
      ...validateUniqueName(path, container, context),
      ...validateProbes(path, container),
      ...optionalOneOf(`${path}.restartPolicy`, container.restartPolicy, RESTART_POLICIES),
    ];
  });
  return [...errors, ...validateHostPorts(field, containers)];
}

/** The containers that run before, and beside, those of the main list. */
export function validateInitContainers(
  field: string,
  containers: readonly Container[],
  context: PodContext,
): readonly FieldError[] {
  return containers.flatMap((container, index) => {
    const path = `${field}[${index}]`;
    const { restartPolicy } = container;
    const isSidecar = restartPolicy === 'Always';
    return [
      ...validateContainer(path, container, context),
      ...optionalOneOf(`${path}.restartPolicy`, restartPolicy, RESTART_POLICIES),
      ...validateUniqueName(path, container, context),
      ...(isSidecar ? validateProbes(path, container) : forbidProbes(path, container)),
    ];
  });
}

function forbidProbes(field: string, container: Container): readonly FieldError[] {
  const fields = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;
  return fields
    .filter((name) => container[name] !== undefined)
    .map((name) =>
      forbidden(
        `${field}.${name}`,
        'may not be set for init containers without restartPolicy=Always',
      ),
    );
}

/** A name that no container of the Pod has yet. */
export function validateUniqueName(
  field: string,
  { name }: Pick<Container, 'name'>,
  { names }: PodContext,
): readonly FieldError[] {
  if (names.has(name)) return [duplicate(`${field}.name`, name)];
  names.add(name);
  return [];
}

/** What holds for containers of every list. */
export function validateContainer(
  field: string,
  container: Container | EphemeralContainer,
  { volumes, isHostNetwork }: PodContext,
): readonly FieldError[] {
  const { name, image = '' } = container;
  return [
    ...(name === ''
      ? [required(`${field}.name`)]
      : invalidEach(`${field}.name`, name, checkDnsLabel(name))),
    ...validateImage(`${field}.image`, image),
    ...oneOf(
      `${field}.terminationMessagePolicy`,
      container.terminationMessagePolicy,
      MESSAGE_POLICIES,
    ),
    ...validatePorts(`${field}.ports`, container.ports ?? [], isHostNetwork),
    ...validateEnv(`${field}.env`, container.env ?? []),
    ...validateEnvFrom(`${field}.envFrom`, container.envFrom ?? []),
    ...validateMounts(`${field}.volumeMounts`, container.volumeMounts, volumes),
    ...oneOf(`${field}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES),
    ...validateResources(`${field}.resources`, container.resources ?? {}),
  ];
}

function validateImage(field: string, image: string): readonly FieldError[] {
  if (image === '') return [required(field)];
  return image.trim() === image
    ? []
    : [invalid(field, image, 'must not have leading or trailing whitespace')];
}

function validatePorts(
  field: string,
  ports: readonly ContainerPort[],
  isHostNetwork: boolean,
): readonly FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const path = `${field}[${index}]`;
    const { name = '', containerPort, hostPort = 0 } = port;
    const errors = [...validatePortName(`${path}.name`, name, names)];
    if (containerPort === 0) errors.push(required(`${path}.containerPort`));
    else errors.push(...validatePortNumber(`${path}.containerPort`, containerPort));
    if (hostPort !== 0) errors.push(...validatePortNumber(`${path}.hostPort`, hostPort));
    if (isHostNetwork && hostPort !== 0 && hostPort !== containerPort)
      errors.push(
        invalid(
          `${path}.hostPort`,
          hostPort,
          'must match `containerPort` when `hostNetwork` is true',
        ),
      );
    return [...errors, ...oneOf(`${path}.protocol`, port.protocol, PROTOCOLS)];
  });
}

function validatePortName(field: string, name: string, names: Set<string>): readonly FieldError[] {
  if (name === '') return [];
  const problems = checkPortName(name);
  if (problems.length > 0) return invalidEach(field, name, problems);
  if (names.has(name)) return [duplicate(field, name)];
  names.add(name);
  return [];
}

/** No two containers may take one port of the Node. */
function validateHostPorts(field: string, containers: readonly Container[]): readonly FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, hostIP = '', protocol }, portIndex) => {
      if (hostPort === 0) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key))
        return [duplicate(`${field}[${index}].ports[${portIndex}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

function validateEnv(field: string, variables: readonly EnvVar[]): readonly FieldError[] {
  return variables.flatMap(({ name, value = '', valueFrom }, index) => {
    const path = `${field}[${index}]`;
    const errors =
      name === ''
        ? [required(`${path}.name`)]
        : [...invalidEach(`${path}.name`, name, checkEnvName(name))];
    if (valueFrom === undefined) return errors;
    const from = `${path}.valueFrom`;
    const sources = Object.keys(valueFrom);
    if (sources.length === 0)
      return [
        ...errors,
        invalid(
          from,
          '',
          'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
        ),
      ];
    if (sources.length > 1)
      errors.push(invalid(from, '', 'may not have more than one field specified at a time'));
    if (value !== '')
      errors.push(invalid(from, '', 'may not be specified when `value` is not empty'));
    return [...errors, ...validateEnvSource(from, valueFrom)];
  });
}

function validateEnvSource(
  field: string,
  { fieldRef, configMapKeyRef, secretKeyRef, resourceFieldRef }: NonNullable<EnvVar['valueFrom']>,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (fieldRef?.fieldPath === '') errors.push(required(`${field}.fieldRef.fieldPath`));
  if (resourceFieldRef?.resource === '')
    errors.push(required(`${field}.resourceFieldRef.resource`));
  for (const [name, selector] of Object.entries({ configMapKeyRef, secretKeyRef })) {
    if (selector === undefined) continue;
    if ((selector.name ?? '') === '') errors.push(required(`${field}.${name}.name`));
    if (selector.key === '') errors.push(required(`${field}.${name}.key`));
  }
  return errors;
}

function validateEnvFrom(field: string, sources: readonly EnvFromSource[]): readonly FieldError[] {
  return sources.flatMap(({ prefix = '', configMapRef, secretRef }, index) => {
    const path = `${field}[${index}]`;
    const errors =
      prefix === '' ? [] : [...invalidEach(`${path}.prefix`, prefix, checkEnvName(prefix))];
    if (configMapRef === undefined && secretRef === undefined)
      errors.push(invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`'));
    if (configMapRef !== undefined && secretRef !== undefined)
      errors.push(invalid(field, '', 'may not have more than one field specified at a time'));
    for (const [name, ref] of Object.entries({ configMapRef, secretRef }))
      if (ref !== undefined && (ref.name ?? '') === '')
        errors.push(required(`${path}.${name}.name`));
    return errors;
  });
}

/** Amounts are quantities, none negative, and no request above its limit. */
export function validateResources(
  field: string,
  { limits = {}, requests = {} }: ResourceRequirements,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [list, amounts] of Object.entries({ limits, requests })) {
    const malformed = malformedAmounts(amounts);
    for (const [name, amount] of Object.entries(amounts)) {
      const path = `${field}.${list}[${name}]`;
      if (malformed.includes(name))
        errors.push(
          invalid(
            path,
            amount,
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
          ),
        );
      else if (nanosOf(amount) < 0n)
        errors.push(invalid(path, amount, 'must be greater than or equal to 0'));
    }
  }
  for (const [name, amount] of Object.entries(requests)) {
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    if (limit !== undefined && nanosOf(amount) > nanosOf(limit))
      errors.push(
        invalid(
          `${field}.requests`,
          String(amount),
          `must be less than or equal to ${name} limit of ${limit}`,
        ),
      );
  }
  return errors;
}

function nanosOf(amount: string | number): bigint {
  return parseQuantity(amount)?.nanos ?? 0n;
}
