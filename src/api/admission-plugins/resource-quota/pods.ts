import { qosClassOf } from '../../kinds/pod/qos.ts';
import type { KubeObject } from '../../object.ts';
import type { Pod, PodAffinityTerm, PodSpec } from '../../types.ts';
import { addAmounts, countOf, readAmounts, type Amounts } from '../amounts.ts';
import { podAmounts } from '../pod-amounts.ts';
import type { Evaluator } from './evaluator.ts';
import { matchesRequirement } from './scopes.ts';

const COUNT = 'count/pods';
/** Amounts that go by their plain name, and by where they are asked for. */
const COMPUTED = ['cpu', 'memory', 'ephemeral-storage'] as const;
const NAMES: ReadonlySet<string> = new Set([
  COUNT,
  'pods',
  ...COMPUTED.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
/** Where a quota counts one of these, every container must say how much it needs. */
const COMPULSORY: readonly string[] = [
  'cpu',
  'limits.cpu',
  'limits.memory',
  'memory',
  'requests.cpu',
  'requests.memory',
];
const HUGE_PAGES = 'hugepages-';

/** Pods, and what they ask for as long as they run. @see kubernetes `pkg/quota/v1/evaluator/core/pods.go` */
export const PODS: Evaluator = {
  handles: ({ operation, subresource, object, old }) => {
    if (subresource === 'resize') return operation === 'UPDATE';
    if (subresource !== '') return false;
    const isMoved = object && old && isTerminating(asPod(object)) !== isTerminating(asPod(old));
    return operation === 'CREATE' || isMoved === true;
  },
  counts: (name) =>
    NAMES.has(name) ||
    /^(?:requests\.)?hugepages-/.test(name) ||
    (name.startsWith('requests.') && isExtended(name)),
  isInScope: (requirement, object) => {
    const pod = asPod(object);
    const scope = SCOPES[requirement.scopeName ?? ''];
    if (scope !== undefined) return scope(pod);
    if (requirement.scopeName !== 'PriorityClass') return false;
    const { priorityClassName = '' } = pod.spec ?? {};
    return matchesRequirement(requirement, priorityClassName === '' ? [] : [priorityClassName]);
  },
  missing: missingAmounts,
  usage: (object, now) => {
    const pod = asPod(object);
    const one: Amounts = new Map([[COUNT, countOf(1)]]);
    return isRunning(pod, now) ? addAmounts(one, usageOf(pod)) : one;
  },
};

const SCOPES: Readonly<Record<string, (pod: Pod) => boolean>> = {
  Terminating: isTerminating,
  NotTerminating: (pod) => !isTerminating(pod),
  BestEffort: isBestEffort,
  NotBestEffort: (pod) => !isBestEffort(pod),
  CrossNamespacePodAffinity: looksAbroad,
};

/** Evaluators are asked about objects of their own kind. */
function asPod(object: KubeObject): Pod {
  return object as unknown as Pod;
}

function isTerminating({ spec }: Pod): boolean {
  return (spec?.activeDeadlineSeconds ?? -1) >= 0;
}

function isBestEffort({ spec }: Pod): boolean {
  return spec !== undefined && qosClassOf(spec) === 'BestEffort';
}

function looksAbroad({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  const terms = [podAffinity, podAntiAffinity].flatMap((affinity): readonly PodAffinityTerm[] => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
  return terms.some(
    ({ namespaces = [], namespaceSelector }) =>
      namespaces.length > 0 || namespaceSelector !== undefined,
  );
}

/** What has ended takes nothing, nor what should be gone long since. */
function isRunning({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds: grace } = metadata;
  if (deletionTimestamp === undefined || grace === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + grace * 1000;
}

function usageOf({ spec }: Pod): Amounts {
  if (spec === undefined) return computed(new Map(), new Map());
  const overhead = readAmounts(spec.overhead);
  const limits = podAmounts(spec, 'limits');
  const limited = [...overhead].filter(([name]) => (limits.get(name)?.nanos ?? 0n) !== 0n);
  return computed(
    addAmounts(podAmounts(spec, 'requests'), overhead),
    addAmounts(limits, new Map(limited)),
  );
}

/** What is asked for under every name that a quota may count it by. */
function computed(requests: Amounts, limits: Amounts): Amounts {
  const used = new Map([['pods', countOf(1)]]);
  for (const name of COMPUTED) {
    const [request, limit] = [requests.get(name), limits.get(name)];
    if (request !== undefined) used.set(name, request).set(`requests.${name}`, request);
    if (limit !== undefined) used.set(`limits.${name}`, limit);
  }
  for (const [name, request] of requests) {
    if (name.startsWith(HUGE_PAGES)) used.set(name, request).set(`requests.${name}`, request);
    else if (isExtended(name)) used.set(`requests.${name}`, request);
  }
  return used;
}

/** Devices of somebody's domain, not the API's own amounts. */
function isExtended(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/');
}

function missingAmounts(names: readonly string[], object: KubeObject): string {
  const { spec } = asPod(object);
  if (spec === undefined || saysItself(spec)) return '';
  const containers = [...spec.containers, ...(spec.initContainers ?? [])].map(
    ({ name, resources }) => ({
      name,
      used: computed(readAmounts(resources?.requests), readAmounts(resources?.limits)),
    }),
  );
  const parts = COMPULSORY.filter((name) => names.includes(name)).flatMap((amount) => {
    const lacking = containers.filter(({ used }) => !used.has(amount)).map(({ name }) => name);
    const sorted = [...new Set(lacking)].toSorted();
    return lacking.length === 0 ? [] : [`${amount} for: ${sorted.join(',')}`];
  });
  return parts.length === 0 ? '' : `must specify ${parts.join('; ')}`;
}

function saysItself({ resources }: PodSpec): boolean {
  return [resources?.requests, resources?.limits].some(
    (amounts) => Object.keys(amounts ?? {}).length > 0,
  );
}
