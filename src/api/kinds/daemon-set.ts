import { deepEqual } from '../deep-equal.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type {
  DaemonSet,
  DaemonSetSpec,
  DaemonSetStatus,
  DaemonSetUpdateStrategy,
} from '../types.ts';
import { AGE, integer, NAME, showLabels, text } from './columns.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { lateRules } from './rare-rules.ts';
import { compact, nonEmpty, nonZero } from './validate/compact.ts';
import { CONTAINERS, IMAGES, SELECTOR } from './workload/columns.ts';

const GENERATION = 'deprecated.daemonset.template.generation';
const NO_STATUS: DaemonSetStatus = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
};

/** One Pod a Node. */
export const DAEMON_SET: KindRow<'DaemonSet'> = defineKind('DaemonSet', {
  defaults: (daemonSet, { old }) => ({
    ...withTemplateGeneration(daemonSet, old?.metadata.annotations?.[GENERATION] ?? '1'),
    spec: defaultSpec(specOf(daemonSet)),
    status: daemonSet.status ?? NO_STATUS,
  }),
  prepareForCreate: (daemonSet) => ({
    ...withTemplateGeneration(daemonSet, '1'),
    status: NO_STATUS,
  }),
  prepareForUpdate: (daemonSet, old) => {
    const before = old.metadata.annotations?.[GENERATION] ?? '1';
    const isSame = deepEqual(daemonSet.spec?.template, old.spec?.template);
    return withTemplateGeneration(daemonSet, isSame ? before : String(Number(before) + 1));
  },
  validate: lateRules('DaemonSet.apps'),
  columns: [
    NAME,
    integer('Desired', ({ status }) => status?.desiredNumberScheduled ?? 0),
    integer('Current', ({ status }) => status?.currentNumberScheduled ?? 0),
    integer('Ready', ({ status }) => status?.numberReady ?? 0),
    integer('Up-to-date', ({ status }) => status?.updatedNumberScheduled ?? 0),
    integer('Available', ({ status }) => status?.numberAvailable ?? 0),
    text('Node Selector', ({ spec }) => showLabels(spec?.template.spec?.nodeSelector)),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
  ],
});

function specOf({ spec }: DaemonSet): DaemonSetSpec {
  return spec ?? { selector: {}, template: {} };
}

function withTemplateGeneration(daemonSet: DaemonSet, generation: string): DaemonSet {
  const annotations = { ...daemonSet.metadata.annotations, [GENERATION]: generation };
  return { ...daemonSet, metadata: { ...daemonSet.metadata, annotations } };
}

function defaultSpec(spec: DaemonSetSpec): DaemonSetSpec {
  return compact<DaemonSetSpec>({
    ...spec,
    template: defaultPodTemplate(spec.template),
    updateStrategy: defaultStrategy(spec.updateStrategy ?? {}),
    minReadySeconds: nonZero(spec.minReadySeconds),
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
  });
}

function defaultStrategy(strategy: DaemonSetUpdateStrategy): DaemonSetUpdateStrategy {
  const type = nonEmpty(strategy.type) ?? 'RollingUpdate';
  if (type !== 'RollingUpdate') return { ...strategy, type };
  const { maxUnavailable = 1, maxSurge = 0 } = strategy.rollingUpdate ?? {};
  return { type, rollingUpdate: { maxUnavailable, maxSurge } };
}
