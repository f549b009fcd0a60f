import type { FieldError } from '../../errors.ts';
import { checkDnsLabel, checkDnsSubdomain, checkQualifiedName } from '../../names.ts';
import type { Container, PodResourceClaim, PodSpec } from '../../types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  oneOf,
  required,
  tooLong,
  tooMany,
} from '../validate/field-errors.ts';

const MAX_HOSTNAME = 64;
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const PREEMPTIONS: readonly string[] = ['PreemptLowerPriority', 'Never'];
const SYSTEMS: readonly string[] = ['linux', 'windows'];
const RESTART_POLICIES: readonly string[] = ['Always', 'Never', 'OnFailure'];
const RESTART_ACTIONS: readonly string[] = ['Restart', 'RestartAllContainers'];
const RESIZED: readonly string[] = ['cpu', 'memory'];
const RESIZE_POLICIES: readonly string[] = ['NotRequired', 'RestartContainer'];

/** Gates that hold a Pod back from the scheduler. */
export function validateSchedulingGates(
  field: string,
  gates: readonly { readonly name: string }[] = [],
): readonly FieldError[] {
  const names = new Set<string>();
  return gates.flatMap(({ name }, index) => {
    const path = `${field}[${index}]`;
    const isTaken = names.has(name);
    names.add(name);
    return [
      ...invalidEach(path, name, checkQualifiedName(name)),
      ...(isTaken ? [duplicate(path, name)] : []),
    ];
  });
}

/** Users of its own are for Pods that share nothing else with the Node. */
export function validateHostUsers(field: string, spec: PodSpec): readonly FieldError[] {
  if (spec.hostUsers !== false) return [];
  const detail = 'when `hostUsers` is false';
  return [
    ...(spec.hostNetwork === true ? [forbidden(`${field}.hostNetwork`, detail)] : []),
    ...(spec.hostPID === true ? [forbidden(`${field}.HostPID`, detail)] : []),
    ...(spec.hostIPC === true ? [forbidden(`${field}.HostIPC`, detail)] : []),
    ...(['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
      (spec[list] ?? []).flatMap(({ volumeDevices = [] }, index) =>
        volumeDevices.length > 0
          ? [forbidden(`${field}.${list}[${index}].volumeDevices`, detail)]
          : [],
      ),
    ),
  ];
}

/** A hostname that is not the Pod's name. */
export function validateHostnameOverride(field: string, spec: PodSpec): readonly FieldError[] {
  const { hostnameOverride: name, hostNetwork, setHostnameAsFQDN } = spec;
  const path = `${field}.hostnameOverride`;
  if (name === undefined) return [];
  const may = (what: string): FieldError =>
    forbidden(path, `may not be specified when ${what} is true`);
  return [
    ...(setHostnameAsFQDN === true ? [may('setHostnameAsFQDN')] : []),
    ...(hostNetwork === true ? [may('hostNetwork')] : []),
    ...(name.length > MAX_HOSTNAME ? [tooLong(path, MAX_HOSTNAME)] : []),
    ...invalidEach(path, name, checkDnsSubdomain(name)),
  ];
}

/** Whether it may drive others away, what it runs on, and with whom it is scheduled. */
export function validateClass(field: string, spec: PodSpec): readonly FieldError[] {
  const { runtimeClassName, preemptionPolicy } = spec;
  return [
    ...(runtimeClassName === undefined
      ? []
      : invalidEach(
          `${field}.runtimeClassName`,
          runtimeClassName,
          checkDnsSubdomain(runtimeClassName),
        )),
    ...(preemptionPolicy === undefined
      ? []
      : oneOf(`${field}.preemptionPolicy`, preemptionPolicy, PREEMPTIONS)),
  ];
}

/** The operating system, where it is said. */
export function validateSystem(field: string, { os }: PodSpec): readonly FieldError[] {
  if (os === undefined) return [];
  const { name = '' } = os as Partial<typeof os>; // what JSON leaves out
  if (name === '') return [required(`${field}.os.name`)];
  return SYSTEMS.includes(name) ? [] : [notSupported(`${field}.os`, name, SYSTEMS)];
}

/** Claims of devices: each by name, or made from a template. */
export function validateResourceClaims(
  field: string,
  claims: readonly PodResourceClaim[] = [],
): readonly FieldError[] {
  const names = new Set<string>();
  return claims.flatMap((claim, index) => {
    const path = `${field}[${index}]`;
    const { name } = claim;
    const isTaken = names.has(name);
    names.add(name);
    const errors =
      name === ''
        ? [required(`${path}.name`)]
        : isTaken
          ? [duplicate(`${path}.name`, name)]
          : invalidEach(`${path}.name`, name, checkDnsLabel(name));
    return [...errors, ...validateClaimSource(path, claim)];
  });
}

function validateClaimSource(field: string, claim: PodResourceClaim): readonly FieldError[] {
  const { name, resourceClaimName: own, resourceClaimTemplateName: template } = claim;
  const shown = {
    Name: name,
    ResourceClaimName: own ?? null,
    ResourceClaimTemplateName: template ?? null,
  };
  return [
    ...(own !== undefined && template !== undefined
      ? [
          invalid(
            field,
            shown,
            'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
          ),
        ]
      : []),
    ...(own === undefined && template === undefined
      ? [
          invalid(
            field,
            shown,
            'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
          ),
        ]
      : []),
    ...(own === undefined
      ? []
      : invalidEach(`${field}.resourceClaimName`, own, checkDnsSubdomain(own))),
    ...(template === undefined
      ? []
      : invalidEach(`${field}.resourceClaimTemplateName`, template, checkDnsSubdomain(template))),
  ];
}

/** When a container is started again. @see kubernetes `validateContainerRestartPolicy` */
export function validateRestart(
  field: string,
  { restartPolicy, restartPolicyRules: rules = [] }: Container,
): readonly FieldError[] {
  const path = `${field}.restartPolicy`;
  const errors: FieldError[] = [];
  if (restartPolicy === undefined) {
    if (rules.length === 0) return [];
    errors.push(required(path, 'must specify restartPolicy when restart rules are used'));
  } else if (!RESTART_POLICIES.includes(restartPolicy))
    errors.push(notSupported(path, restartPolicy, RESTART_POLICIES));
  if (rules.length > MAX_RULES)
    errors.push(tooMany(`${field}.restartPolicyRules`, rules.length, MAX_RULES));
  return [
    ...errors,
    ...rules.flatMap((rule, index) => validateRule(`${field}.restartPolicyRules[${index}]`, rule)),
  ];
}

type RestartRule = NonNullable<Container['restartPolicyRules']>[number];

function validateRule(field: string, rule: RestartRule): readonly FieldError[] {
  const { action = '', exitCodes } = rule as Partial<RestartRule>; // what JSON leaves out
  const operators = ['In', 'NotIn'];
  const values = exitCodes?.values ?? [];
  return [
    ...(RESTART_ACTIONS.includes(action)
      ? []
      : [notSupported(`${field}.action`, action, RESTART_ACTIONS)]),
    ...(exitCodes === undefined ? [required(`${field}.exitCodes`, 'must be specified')] : []),
    ...(exitCodes !== undefined && !operators.includes(exitCodes.operator)
      ? [notSupported(`${field}.exitCodes.operator`, exitCodes.operator, operators)]
      : []),
    ...(values.length > MAX_EXIT_CODES
      ? [tooMany(`${field}.exitCodes.values`, values.length, MAX_EXIT_CODES)]
      : []),
  ];
}

/** What becomes of a container whose size changes. */
export function validateResizePolicy(
  field: string,
  policies: Container['resizePolicy'] = [],
  podRestartPolicy: string = '',
): readonly FieldError[] {
  const names = new Set<string>();
  return policies.flatMap((policy, index) => {
    const { resourceName = '', restartPolicy = '' } = policy as Partial<typeof policy>; // what JSON leaves out
    const isTaken = names.has(resourceName);
    names.add(resourceName);
    return [
      ...(isTaken ? [duplicate(`${field}[${index}]`, resourceName)] : []),
      ...oneOf(field, resourceName, RESIZED),
      ...oneOf(field, restartPolicy, RESIZE_POLICIES),
      ...(podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired'
        ? [
            invalid(
              field,
              restartPolicy,
              "must be 'NotRequired' when pod `restartPolicy` is 'Never'",
            ),
          ]
        : []),
    ];
  });
}
