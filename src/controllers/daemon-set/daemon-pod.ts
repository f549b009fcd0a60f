import type { DaemonSet, Node, Pod, Toleration } from '../../api/index.ts';
import { matchesRequiredAffinity } from '../node-affinity.ts';
import { podOfTemplate } from '../pod-of-template.ts';
import { untoleratedTaint } from '../tolerations.ts';

/** The label with the hash of the template that a Pod was made from. */
export const HASH_LABEL = 'controller-revision-hash';

const GENERATION_LABEL = 'pod-template-generation';
const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';
const HOST_NAME = 'metadata.name';

/** What happens to a Node is no reason for a daemon to leave it. @see kubernetes daemonset_util.go `AddOrUpdateDaemonPodTolerations` */
const TOLERATED: readonly (readonly [condition: string, effect: string])[] = [
  ['not-ready', 'NoExecute'],
  ['unreachable', 'NoExecute'],
  ['disk-pressure', 'NoSchedule'],
  ['memory-pressure', 'NoSchedule'],
  ['pid-pressure', 'NoSchedule'],
  ['unschedulable', 'NoSchedule'],
];

/** Whether a daemon is to be on a Node, and whether one that is there may stay. */
export interface Verdict {
  readonly shouldRun: boolean;
  readonly mayStay: boolean;
}

/** The set's Pod for one Node: pinned to it by affinity, so that the scheduler binds it like any other. */
export function daemonPod(set: DaemonSet, nodeName: string, hash: string): Pod {
  const pod = podOfTemplate(set.spec?.template, set);
  const { spec = { containers: [] } } = pod;
  const generation = set.metadata.annotations?.[GENERATION_ANNOTATION];
  const nodeAffinity = {
    ...spec.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchFields: [{ key: HOST_NAME, operator: 'In', values: [nodeName] }] },
      ],
    },
  };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        [HASH_LABEL]: hash,
        ...(generation !== undefined && { [GENERATION_LABEL]: generation }),
      },
    },
    spec: {
      ...spec,
      affinity: { ...spec.affinity, nodeAffinity },
      tolerations: daemonTolerations(set),
    },
  };
}

/** The Node that a daemon is on or is pinned to. */
export function nodeOf({ spec }: Pod): string | undefined {
  if (spec?.nodeName !== undefined && spec.nodeName !== '') return spec.nodeName;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const fields = (required?.nodeSelectorTerms ?? []).flatMap(({ matchFields = [] }) => matchFields);
  return fields.find(({ key, operator }) => key === HOST_NAME && operator === 'In')?.values?.[0];
}

/** Judges a Node by the template: its name, selectors and taints. @see daemon_controller.go `NodeShouldRunDaemonPod` */
export function judgeNode(set: DaemonSet, node: Node): Verdict {
  const template = set.spec?.template.spec ?? { containers: [] };
  const spec = { ...template, tolerations: daemonTolerations(set) };
  const isElsewhere = spec.nodeName ? spec.nodeName !== node.metadata.name : false;
  if (isElsewhere || !matchesRequiredAffinity(spec, node))
    return { shouldRun: false, mayStay: false };
  if (untoleratedTaint(spec, node, ['NoExecute']) !== undefined)
    return { shouldRun: false, mayStay: false };
  return { shouldRun: untoleratedTaint(spec, node, ['NoSchedule']) === undefined, mayStay: true };
}

/** Whether a Pod was made from the present template. */
export function isUpdated(set: DaemonSet, { metadata }: Pod, hash: string): boolean {
  const { labels = {} } = metadata;
  const generation = set.metadata.annotations?.[GENERATION_ANNOTATION];
  return (
    labels[HASH_LABEL] === hash ||
    (generation !== undefined && labels[GENERATION_LABEL] === generation)
  );
}

function daemonTolerations(set: DaemonSet): readonly Toleration[] {
  const { tolerations: own = [], hostNetwork = false } = set.spec?.template.spec ?? {};
  const wanted = hostNetwork
    ? [...TOLERATED, ['network-unavailable', 'NoSchedule'] as const]
    : TOLERATED;
  const added = wanted.map(([condition, effect]): Toleration => ({
    key: `node.kubernetes.io/${condition}`,
    operator: 'Exists',
    effect,
  }));
  const isNew = (toleration: Toleration): boolean =>
    own.every(({ key, effect }) => key !== toleration.key || effect !== toleration.effect);
  return [...own, ...added.filter(isNew)];
}
