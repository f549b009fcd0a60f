import { deepEqual } from '../deep-equal.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type {
  Container,
  Pod,
  PodCondition,
  PodSpec,
  PodStatus,
  ResourceRequirements,
  Toleration,
} from '../types.ts';
import { AGE, NAME, NONE, text, wide } from './columns.ts';
import { defaultPodSpec } from './pod/defaults.ts';
import { qosClassOf } from './pod/qos.ts';
import { validatePodStatus } from './pod/status.ts';
import { summarizePod } from './pod/status-text.ts';
import { keepPodParts, validatePodUpdate } from './pod/update.ts';
import { validatePodSpec } from './pod/validate.ts';
import { compact } from './validate/compact.ts';
import { forbidden } from './validate/field-errors.ts';
import { isStored } from './validate/is-stored.ts';

/** Containers that share an address. */
export const POD: KindRow<'Pod'> = defineKind('Pod', {
  defaults: (pod, { old }) => {
    // Whoever reports a Pod's status need not know its class.
    const qosClass = pod.status?.qosClass ?? old?.status?.qosClass;
    const status = withAddresses({ ...pod.status, ...(qosClass && { qosClass }) });
    const spec = isStored(pod, old) ? pod.spec : defaultOwnSpec(specOf(pod));
    return { ...pod, spec, status };
  },
  // Binding a Pod to its Node is no new generation of it.
  isNewGeneration: (pod, old, isUsually) =>
    isUsually && !deepEqual({ ...pod.spec, nodeName: '' }, { ...old.spec, nodeName: '' }),
  prepareForCreate: (pod) => ({
    ...pod,
    spec: admit(specOf(pod)),
    status: {
      phase: 'Pending',
      qosClass: qosClassOf(specOf(pod)),
      ...(isGated(pod) && { conditions: [gatedCondition(pod)] }),
    },
  }),
  prepareForUpdate: (pod, old) => keepPodParts(readmit(pod, old), old),
  validate: (pod, old) => [
    ...(isStored(pod, old) ? [] : validatePodSpec('spec', specOf(pod), pod.metadata.name)),
    ...(old === undefined ? forbidEphemeral(pod) : []),
    ...(old === undefined || isStored(pod, old) ? [] : validatePodUpdate(pod, old)),
  ],
  validateStatus: validatePodStatus,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec?.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec?.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec?.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec?.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIP ?? '',
    'status.podIPs': ({ status }) => (status?.podIPs ?? []).map(({ ip }) => ip).join(','),
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  columns: [
    NAME,
    text('Ready', (pod, now) => summarizePod(pod, now).ready),
    text('Status', (pod, now) => summarizePod(pod, now).status),
    text('Restarts', (pod, now) => String(summarizePod(pod, now).restarts)),
    AGE,
    wide('IP', ({ status }) => status?.podIPs?.[0]?.ip ?? orNone(status?.podIP)),
    wide('Node', ({ spec }) => orNone(spec?.nodeName)),
    wide('Nominated Node', ({ status }) => orNone(status?.nominatedNodeName)),
    wide('Readiness Gates', readinessGates),
  ],
});

/** `podIP` is the first of `podIPs`, and counts where they differ. @see kubernetes `Convert_v1_PodStatus_To_core_PodStatus` */
function withAddresses(status: PodStatus): PodStatus {
  const { podIP = '', podIPs = [] } = status;
  const first = podIPs[0]?.ip ?? '';
  if (podIP === first) return status;
  return podIP === '' ? { ...status, podIP: first } : { ...status, podIPs: [{ ip: podIP }] };
}

/** The scheduler does not look at it. */
function isGated({ spec }: Pod): boolean {
  return (spec?.schedulingGates ?? []).length > 0;
}

function gatedCondition({ metadata }: Pod): PodCondition {
  return compact<PodCondition>({
    type: 'PodScheduled',
    status: 'False',
    lastTransitionTime: metadata.creationTimestamp,
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  });
}

function forbidEphemeral({ spec }: Pod): readonly FieldError[] {
  return (spec?.ephemeralContainers ?? []).length > 0
    ? [forbidden('spec.ephemeralContainers', 'cannot be set on create')]
    : [];
}

function specOf({ spec }: Pod): PodSpec {
  return spec ?? { containers: [] };
}

/** Defaults that a Pod template does not get. @see kubernetes `SetDefaults_Pod` */
function defaultOwnSpec(given: PodSpec): PodSpec {
  const spec = defaultPodSpec(given);
  const isHostNetwork = spec.hostNetwork === true;
  const finish = (container: Container): Container => ({
    ...container,
    ...(container.resources && { resources: requestLimits(container.resources) }),
    ...(container.ports && {
      ports: container.ports.map((port) =>
        isHostNetwork ? { ...port, hostPort: port.hostPort ?? port.containerPort } : port,
      ),
    }),
  });
  return {
    ...spec,
    containers: spec.containers.map(finish),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(finish) }),
    enableServiceLinks: spec.enableServiceLinks ?? true,
  };
}

/** What is limited and not requested is requested to its limit. */
function requestLimits(resources: ResourceRequirements): ResourceRequirements {
  if (resources.limits === undefined) return resources;
  return { ...resources, requests: { ...resources.limits, ...resources.requests } };
}

/** Why a Node may be away for a while. */
const AWAY = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** What admission plugins of every cluster add: priority, and patience with Nodes that are away for a while. */
function admit(spec: PodSpec): PodSpec {
  const grace = spec.terminationGracePeriodSeconds ?? 0;
  return {
    ...spec,
    tolerations: patient(spec.tolerations),
    // Upstream lets nobody wait for less than nothing.
    ...(grace < 0 && { terminationGracePeriodSeconds: 1 }),
    priority: spec.priority ?? 0,
    preemptionPolicy: spec.preemptionPolicy ?? 'PreemptLowerPriority',
  };
}

/** The tolerations with those that every Pod has; the same list where none is missing. */
function patient(given: readonly Toleration[] = []): readonly Toleration[] {
  const missing = AWAY.filter((key) => !given.some((one) => toleratesNoExecute(one, key)));
  if (missing.length === 0) return given;
  const added = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };
  return [...given, ...missing.map((key) => ({ key, ...added }))];
}

/** What admission gives a Pod that is changed without it. @see kubernetes `defaulttolerationseconds`, `priority` */
function readmit(pod: Pod, old: Pod): Pod {
  const { spec } = pod;
  if (spec === undefined || spec === old.spec) return pod;
  return {
    ...pod,
    spec: compact<PodSpec>({
      ...spec,
      tolerations: patient(spec.tolerations),
      priority: spec.priority ?? old.spec?.priority,
      preemptionPolicy: spec.preemptionPolicy ?? old.spec?.preemptionPolicy,
    }),
  };
}

function toleratesNoExecute({ key = '', effect = '' }: Toleration, taint: string): boolean {
  return (key === taint || key === '') && (effect === 'NoExecute' || effect === '');
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const passed = gates.filter(({ conditionType }) =>
    (status?.conditions ?? []).some(
      (condition) => condition.type === conditionType && condition.status === 'True',
    ),
  );
  return `${passed.length}/${gates.length}`;
}

function orNone(value: string | undefined): string {
  return value === undefined || value === '' ? NONE : value;
}
