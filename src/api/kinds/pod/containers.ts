import type { FieldError } from '../../errors.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../../names.ts';
import type {
  Container,
  ContainerPort,
  EnvFromSource,
  EnvVar,
  EphemeralContainer,
} from '../../types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  oneOf,
  required,
} from '../validate/field-errors.ts';
import { checkConfigKey, checkEnvName, checkPortName } from '../validate/names.ts';
import { PROTOCOLS, validatePortNumber } from '../validate/ports.ts';
import { validateProbes } from './probes.ts';
import { validateResources } from './resources.ts';
import { validateSecurity } from './security.ts';
import { validateResizePolicy, validateRestart } from './settings.ts';
import { validateFieldRef, validateResourceRef } from './field-selectors.ts';
import { validateMounts, type KnownVolumes } from './mounts.ts';
import { validateNoBacksteps } from './paths.ts';

const ONE_SOURCE =
  'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
const ENV_FIELDS: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const PULL_POLICIES: readonly string[] = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES: readonly string[] = ['File', 'FallbackToLogsOnError'];

/** What a Pod tells each of its containers. */
export interface PodContext {
  readonly volumes: KnownVolumes;
  readonly isHostNetwork: boolean;
  readonly hasHostUsers: boolean;
  /** Whether it is a Pod, and no template: some rules came too late for those. */
  readonly isPod: boolean;
  /** Names of the Pod's claims of devices, in order. */
  readonly claims: readonly string[];
  readonly restartPolicy: string | undefined;
  readonly graceSeconds: number | undefined;
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
      ...validateProbes(path, container, context.graceSeconds),
      ...validateRestart(path, container),
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
      ...validateRestart(path, container),
      ...validateUniqueName(path, container, context),
      ...(isSidecar
        ? validateProbes(path, container, context.graceSeconds)
        : forbidProbes(path, container)),
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
  context: PodContext,
): readonly FieldError[] {
  const { name, image = '' } = container;
  const { volumes, isHostNetwork, hasHostUsers, restartPolicy } = context;
  return [
    ...(name === ''
      ? [required(`${field}.name`)]
      : invalidEach(`${field}.name`, name, checkDnsLabel(name))),
    ...validateImage(`${field}.image`, image, context.isPod),
    ...oneOf(
      `${field}.terminationMessagePolicy`,
      container.terminationMessagePolicy,
      MESSAGE_POLICIES,
    ),
    ...validatePorts(`${field}.ports`, container.ports ?? [], isHostNetwork),
    ...validateEnv(`${field}.env`, container.env ?? []),
    ...validateEnvFrom(`${field}.envFrom`, container.envFrom ?? []),
    ...validateMounts(field, container, volumes),
    ...oneOf(`${field}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES),
    ...validateResources(`${field}.resources`, container.resources ?? {}, context.claims),
    ...validateResizePolicy(`${field}.resizePolicy`, container.resizePolicy, restartPolicy),
    ...validateSecurity(`${field}.securityContext`, container.securityContext, hasHostUsers),
  ];
}

/** @param isPod whether it is a Pod's, and no template's */
export function validateImage(field: string, image: string, isPod: boolean): readonly FieldError[] {
  if (image === '') return [required(field)];
  return !isPod || image.trim() === image
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
        : invalidEach(`${path}.name`, name, checkEnvName(name));
    return valueFrom === undefined
      ? errors
      : [...errors, ...validateEnvSource(`${path}.valueFrom`, valueFrom, value)];
  });
}

type EnvSource = NonNullable<EnvVar['valueFrom']>;

function validateEnvSource(field: string, source: EnvSource, value: string): readonly FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  return [
    ...(fieldRef ? validateFieldRef(`${field}.fieldRef`, fieldRef, ENV_FIELDS) : []),
    ...(resourceFieldRef
      ? validateResourceRef(`${field}.resourceFieldRef`, resourceFieldRef, false)
      : []),
    ...(configMapKeyRef ? validateKeyRef(`${field}.configMapKeyRef`, configMapKeyRef) : []),
    ...(secretKeyRef ? validateKeyRef(`${field}.secretKeyRef`, secretKeyRef) : []),
    ...(fileKeyRef ? validateFileRef(`${field}.fileKeyRef`, fileKeyRef) : []),
    ...countSources(field, Object.keys(source).length, value),
  ];
}

function countSources(field: string, count: number, value: string): readonly FieldError[] {
  if (count === 0) return [invalid(field, '', ONE_SOURCE)];
  if (value !== '') return [invalid(field, '', 'may not be specified when `value` is not empty')];
  return count > 1
    ? [invalid(field, '', 'may not have more than one field specified at a time')]
    : [];
}

function validateKeyRef(
  field: string,
  { name = '', key }: { readonly name?: string; readonly key: string },
): readonly FieldError[] {
  return [
    ...invalidEach(`${field}.name`, name, checkDnsSubdomain(name)),
    ...(key === ''
      ? [required(`${field}.key`)]
      : invalidEach(`${field}.key`, key, checkConfigKey(key))),
  ];
}

function validateFileRef(
  field: string,
  { key, volumeName, path }: NonNullable<EnvSource['fileKeyRef']>,
): readonly FieldError[] {
  return [
    ...(key === ''
      ? [required(`${field}.key`)]
      : invalidEach(`${field}.key`, key, checkEnvName(key))),
    ...(volumeName === ''
      ? [required(`${field}.volumeName`)]
      : invalidEach(`${field}.volumeName`, volumeName, checkDnsLabel(volumeName))),
    ...(path === '' ? [required(`${field}.path`)] : validateNoBacksteps(`${field}.path`, path)),
  ];
}

function validateEnvFrom(field: string, sources: readonly EnvFromSource[]): readonly FieldError[] {
  return sources.flatMap(({ prefix = '', configMapRef, secretRef }, index) => {
    const path = `${field}[${index}]`;
    const count = Number(configMapRef !== undefined) + Number(secretRef !== undefined);
    return [
      ...(prefix === '' ? [] : invalidEach(`${path}.prefix`, prefix, checkEnvName(prefix))),
      ...(configMapRef ? validateSourceName(`${path}.configMapRef.name`, configMapRef.name) : []),
      ...(secretRef ? validateSourceName(`${path}.secretRef.name`, secretRef.name) : []),
      ...(count === 0
        ? [invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`')]
        : []),
      ...(count > 1
        ? [invalid(field, '', 'may not have more than one field specified at a time')]
        : []),
    ];
  });
}

/** Upstream takes it for the beginning of a name. */
function validateSourceName(field: string, name: string = ''): readonly FieldError[] {
  if (name === '') return [required(field)];
  return invalidEach(field, name, checkDnsSubdomain(name.replace(/.-$/s, 'a')));
}
