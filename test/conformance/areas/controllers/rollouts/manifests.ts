/** The objects that a scenario starts with, read from its description and its first phase. */
import { isRecord } from '../expectation.ts';
import type { Scenario } from './scenario.ts';

/** The object that a scenario is about. */
export type MainKind = 'Deployment' | 'ReplicaSet' | 'StatefulSet' | 'DaemonSet' | 'Job';

export const MAIN_NAMES: Readonly<Record<MainKind, string>> = {
  Deployment: 'web',
  ReplicaSet: 'r',
  StatefulSet: 'db',
  DaemonSet: 'agent',
  Job: 'j',
};

/** Which kind's Events or Pods the scenario shows. */
export function mainKindOf({ phases, events }: Scenario): MainKind {
  const rows = phases.flatMap(({ trace }) => trace.map(([what]) => what));
  if (rows.some((what) => what.startsWith('job '))) return 'Job';
  if (rows.some((what) => / ds@/.test(what))) return 'DaemonSet';
  if (rows.some((what) => /^pod created \S+-\d+$/.test(what))) return 'StatefulSet';
  return events.some(([, , kind]) => kind === 'Deployment') ? 'Deployment' : 'ReplicaSet';
}

/** What a scenario creates first. */
export function firstObjects(scenario: Scenario): readonly object[] {
  const { about } = scenario;
  const kind = mainKindOf(scenario);
  switch (kind) {
    case 'Deployment':
      return [
        deployment(scenario),
        ...(/config map held by a finalizer/.test(about) ? [heldConfigMap()] : []),
      ];
    case 'StatefulSet':
      return [statefulSet(scenario)];
    case 'DaemonSet':
      return [daemonSet(scenario)];
    case 'Job':
      return [job(scenario)];
    case 'ReplicaSet':
      return [barePod('a')];
    default:
      kind satisfies never;
      return [];
  }
}

/** A Pod without an owner. */
export function barePod(name: string, labels: Readonly<Record<string, string>> = LABELS): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: containers('v1') };
}

/** A ReplicaSet that no Deployment owns. */
export function replicaSet(name: string, replicas: number, app = 'web'): object {
  const labels = { app };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: containers('v1') },
    },
  };
}

/** A Deployment of Pods with a label of their own. */
export function deploymentOf(name: string, spec: object, labels: object = LABELS): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: containers('v1') },
      ...spec,
    },
  };
}

const LABELS = { app: 'web' };

function containers(image: string): object {
  return { containers: [{ name: 'c', image }] };
}

/** The number after some words; undefined where they are not there. */
function numberAfter(about: string, words: string): number | undefined {
  const [, number] = new RegExp(`${words}:? (\\d+)(?![\\d%])`, 'i').exec(about) ?? [];
  return number === undefined ? undefined : Number(number);
}

function amountAfter(about: string, words: string): number | string | undefined {
  const [, amount] = new RegExp(`${words}:? ?(\\d+%?)(?!->)`, 'i').exec(about) ?? [];
  if (amount === undefined) return undefined;
  return amount.endsWith('%') ? amount : Number(amount);
}

/** `fields` without those that are undefined. */
function present(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** How an update may go, in words: `maxSurge 25%, maxUnavailable 0`, `partition 2`, `partition 2->0`. */
export function limitsIn(words: string, kind: MainKind): object {
  const maxSurge = amountAfter(words, '(?:max)?surge');
  const maxUnavailable = amountAfter(words, '(?:max)?unavailable');
  const partition = amountAfter(words, 'partition(?: \\d+->)?');
  if (kind !== 'DaemonSet') return present({ maxSurge, maxUnavailable, partition });
  // Of a DaemonSet only one of them may be given; of two the one that is named first counts.
  const isSurging = words.search(/surge/i) >= 0 && !/unavailable.*surge/i.test(words);
  if (isSurging)
    return present({ maxSurge, maxUnavailable: maxSurge === undefined ? undefined : 0 });
  return present({ maxUnavailable });
}

function deployment({ about, phases }: Scenario): object {
  const [, replicas] = /^rs1 created (\d+)$/.exec(phases[0]?.rsOps[0] ?? '') ?? [];
  const isStuck = /never becomes ready/.test(about);
  const rollingUpdate = limitsIn(about, 'Deployment');
  const strategy = /\bRecreate\b/.test(about)
    ? { type: 'Recreate' }
    : { type: 'RollingUpdate', ...(Object.keys(rollingUpdate).length > 0 && { rollingUpdate }) };
  return deploymentOf('web', {
    replicas: Number(replicas ?? 1),
    strategy,
    ...present({
      minReadySeconds: numberAfter(about, 'minReadySeconds'),
      revisionHistoryLimit: numberAfter(about, 'revisionHistoryLimit'),
      progressDeadlineSeconds:
        numberAfter(about, 'progressDeadlineSeconds') ??
        (isStuck || /deadline/i.test(about) ? 3 : undefined),
    }),
    template: { metadata: { labels: LABELS }, spec: containers(isStuck ? 'bad' : 'v1') },
  });
}

function heldConfigMap(): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'held', finalizers: ['example.com/hold'] },
  };
}

function createdPods({ phases }: Scenario): number {
  return (phases[0]?.trace ?? []).filter(([what]) => what.startsWith('pod created')).length;
}

function statefulSet(scenario: Scenario): object {
  const { about } = scenario;
  const rollingUpdate = limitsIn(about, 'StatefulSet');
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', labels: LABELS },
    spec: {
      serviceName: 'db',
      replicas: createdPods(scenario),
      ...(/\bParallel\b/.test(about) && { podManagementPolicy: 'Parallel' }),
      ...present({ minReadySeconds: numberAfter(about, 'minReadySeconds') }),
      updateStrategy: /\bOnDelete\b/.test(about)
        ? { type: 'OnDelete' }
        : { type: 'RollingUpdate', rollingUpdate },
      selector: { matchLabels: LABELS },
      template: { metadata: { labels: LABELS }, spec: containers('v1') },
      ...(/claim template/.test(about) && { volumeClaimTemplates: [claimTemplate()] }),
    },
  };
}

function claimTemplate(): object {
  return {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
}

function daemonSet({ about }: Scenario): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', labels: LABELS },
    spec: {
      selector: { matchLabels: LABELS },
      updateStrategy: /\bOnDelete\b/.test(about)
        ? { type: 'OnDelete' }
        : { type: 'RollingUpdate', rollingUpdate: limitsIn(about, 'DaemonSet') },
      template: { metadata: { labels: LABELS }, spec: containers('v1') },
    },
  };
}

function job(scenario: Scenario): object {
  const { about, phases } = scenario;
  const rows = phases.flatMap(({ trace }) => trace.map(([what]) => what));
  const active = rows.map((what) => Number(/^job .*"active": ?(\d+)/.exec(what)?.[1] ?? 0));
  const parallelism = numberAfter(about, 'parallelism') ?? Math.max(1, ...active);
  const completions = numberAfter(about, 'completions') ?? parallelism;
  const isSuspended = about.startsWith('suspend');
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j' },
    spec: {
      parallelism,
      completions,
      ...present({
        backoffLimit: numberAfter(about, 'backoffLimit'),
        ttlSecondsAfterFinished: numberAfter(about, 'ttlSecondsAfterFinished'),
        completionMode: /\bIndexed\b/i.test(about) ? 'Indexed' : undefined,
        backoffLimitPerIndex: limitPerIndex(scenario, completions),
        suspend: isSuspended ? true : undefined,
        podFailurePolicy: failurePolicy(about),
      }),
      template: {
        metadata: {},
        spec: { restartPolicy: 'Never', ...containers(jobImage(scenario, isSuspended)) },
      },
    },
  };
}

function jobImage(scenario: Scenario, isEndless: boolean): string {
  if (/fail/i.test(scenario.about) && failingIndexes(scenario).length === 0) return 'job-fail';
  return isEndless ? 'job-run' : 'job-ok';
}

/** The text of a counter that a snapshot of a Job's status shows; undefined where none has it. */
function shownIndexes(scenario: Scenario): string | undefined {
  for (const snapshot of Object.values(scenario)) {
    const status = isRecord(snapshot) ? snapshot['status'] : undefined;
    const text = isRecord(status) ? status['failedIndexes'] : undefined;
    if (typeof text === 'string') return text;
  }
  return undefined;
}

/** Indexes of a Job that never succeed, as a snapshot tells of them: `1,3-5`. */
export function failingIndexes(scenario: Scenario): readonly number[] {
  const ranges = (shownIndexes(scenario) ?? '').split(',').filter((range) => range !== '');
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Said in words, or seen in how often Pods of failing indexes were made again. */
function limitPerIndex(scenario: Scenario, completions: number): number | undefined {
  const said = numberAfter(scenario.about, 'backoffLimitPerIndex');
  if (said !== undefined || shownIndexes(scenario) === undefined) return said;
  const failing = failingIndexes(scenario).length;
  const made = scenario.phases
    .flatMap(({ trace }) => trace)
    .filter(([what]) => what === 'pod created job').length;
  return failing === 0 ? 0 : Math.max(0, Math.round((made - completions) / failing));
}

/** `podFailurePolicy FailJob on exit code 1`. */
function failurePolicy(about: string): object | undefined {
  const [, action, code] = /podFailurePolicy (\w+) on exit code (\d+)/.exec(about) ?? [];
  if (action === undefined) return undefined;
  return {
    rules: [
      { action, onExitCodes: { containerName: 'c', operator: 'In', values: [Number(code)] } },
    ],
  };
}
