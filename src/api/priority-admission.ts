import { ApiError } from './errors.ts';
import type { KubeObject } from './object.ts';
import type { Pod } from './types.ts';

/** What a priority class says; what it does not say counts as 0, and as that others may be put out. */
interface PriorityClass extends KubeObject {
  readonly value?: number;
  readonly globalDefault?: boolean;
  readonly preemptionPolicy?: string;
}

/** Every cluster has these, also one whose API nobody asks. */
const SYSTEM: readonly PriorityClass[] = [
  systemClass('system-cluster-critical', 2_000_000_000),
  systemClass('system-node-critical', 2_000_001_000),
];

function systemClass(name: string, value: number): PriorityClass {
  return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value };
}

const PREEMPT = 'PreemptLowerPriority';

/**
 * A new Pod with the priority of its class, or of the default one.
 *
 * What manifests bring may come before its class: only clients of the API are told that one is missing.
 *
 * @throws ApiError Forbidden, where it is strict, for a class that is not there, and for another priority than the class has.
 * @see kubernetes `plugin/pkg/admission/priority`
 */
export function withPriority(
  object: KubeObject,
  classes: readonly KubeObject[],
  { isStrict }: { readonly isStrict: boolean },
): KubeObject {
  const pod = object as unknown as Pod; // a Pod by its kind, and read as one
  const { spec } = pod;
  if (spec === undefined) return object;
  const { priorityClassName: wanted = '' } = spec;
  const found = findClass(wanted, classes);
  if (wanted !== '' && found === undefined) {
    if (isStrict) throw forbidden(pod, `no PriorityClass with name ${wanted} was found`);
    return object;
  }
  const { value = 0, preemptionPolicy = PREEMPT } = found ?? {};
  if (isStrict) checkGiven(pod, { value, preemptionPolicy });
  return {
    ...object,
    spec: {
      ...spec,
      ...(found !== undefined && { priorityClassName: found.metadata.name }),
      priority: value,
      preemptionPolicy,
    },
  };
}

function findClass(name: string, classes: readonly PriorityClass[]): PriorityClass | undefined {
  if (name === '') return lowestDefault(classes);
  return [...classes, ...SYSTEM].find(({ metadata }) => metadata.name === name);
}

function lowestDefault(classes: readonly PriorityClass[]): PriorityClass | undefined {
  const [lowest] = classes
    .filter(({ globalDefault }) => globalDefault === true)
    .toSorted((left, right) => (left.value ?? 0) - (right.value ?? 0));
  return lowest;
}

interface Computed {
  readonly value: number;
  readonly preemptionPolicy: string;
}

function checkGiven(pod: Pod, { value, preemptionPolicy }: Computed): void {
  const { priority, preemptionPolicy: policy } = pod.spec ?? { containers: [] };
  if (priority !== undefined && priority !== value)
    throw forbidden(
      pod,
      `the integer value of priority (${priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  if (policy !== undefined && policy !== preemptionPolicy)
    throw forbidden(
      pod,
      `the string value of PreemptionPolicy (${policy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
}

function forbidden({ metadata: { name } }: Pod, why: string): ApiError {
  return new ApiError('Forbidden', `pods "${name}" is forbidden: ${why}`, {
    details: { name, kind: 'pods' },
  });
}
