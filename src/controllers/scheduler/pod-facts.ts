import {
  ApiError,
  compileLabelSelector,
  type LabelPredicate,
  type LabelSelector,
  type Pod,
  type PodAffinityTerm,
  type StoreReader,
} from '../../api/index.ts';
import { controllerOf } from '../owner.ts';

type Labels = Readonly<Record<string, string>>;

/** What the scheduler wants to know of a Pod, read once. */
export interface PodFacts {
  readonly key: string;
  readonly pod: Pod;
  readonly namespace: string;
  readonly labels: Labels;
  /** '' while the Pod has no Node. */
  readonly nodeName: string;
  /** `TCP 8080 0.0.0.0` and so on. */
  readonly hostPorts: readonly HostPort[];
  readonly requiredAffinity: readonly PodTerm[];
  readonly requiredAntiAffinity: readonly PodTerm[];
  /** The uid of what controls the Pod. */
  readonly owner: string | undefined;
  readonly isTerminating: boolean;
}

export interface HostPort {
  readonly protocol: string;
  readonly port: number;
  readonly address: string;
}

/** An affinity term with its Pod's own labels and namespace worked in. */
export interface PodTerm {
  readonly topologyKey: string;
  readonly selects: LabelPredicate;
  /** By name. */
  readonly namespaces: ReadonlySet<string>;
  /** More of them, by their labels. */
  readonly selectsNamespace: LabelPredicate | undefined;
}

/** Reads what matters to scheduling out of a Pod. */
export function podFacts(pod: Pod): PodFacts {
  const { namespace = '', name, labels = {} } = pod.metadata;
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  return {
    key: `${namespace}/${name}`,
    pod,
    namespace,
    labels,
    nodeName: pod.spec?.nodeName ?? '',
    hostPorts: hostPortsOf(pod),
    requiredAffinity: termsOf(pod, podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: termsOf(
      pod,
      podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
    ),
    owner: controllerOf(pod)?.uid,
    isTerminating: pod.metadata.deletionTimestamp !== undefined,
  };
}

/** `term` as the Pod that has it means it: keys of its own labels narrow the selector. */
export function podTerm(pod: Pod, term: PodAffinityTerm): PodTerm {
  const { namespace = '', labels = {} } = pod.metadata;
  const named = term.namespaces ?? [];
  const isOwnOnly = named.length === 0 && term.namespaceSelector === undefined;
  return {
    topologyKey: term.topologyKey,
    selects: predicateOf(term.labelSelector, labels, term),
    namespaces: new Set(isOwnOnly ? [namespace] : named),
    selectsNamespace:
      term.namespaceSelector === undefined
        ? undefined
        : predicateOf(term.namespaceSelector, {}, {}),
  };
}

/** Labels of a Pod that narrow a selector which it uses for others. */
export interface LabelKeys {
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

/**
 * Whom `selector` selects, with the Pod's own values of `matchLabelKeys` asked for and those of `mismatchLabelKeys`
 * refused. None and one that cannot be read select nobody.
 */
export function predicateOf(
  selector: LabelSelector | undefined,
  labels: Labels,
  { matchLabelKeys = [], mismatchLabelKeys = [] }: LabelKeys,
): LabelPredicate {
  if (selector === undefined) return () => false;
  const own = (
    keys: readonly string[],
    operator: string,
  ): Required<LabelSelector>['matchExpressions'] =>
    keys.flatMap((key) => {
      const value = labels[key];
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    });
  const matchExpressions = [
    ...(selector.matchExpressions ?? []),
    ...own(matchLabelKeys, 'In'),
    ...own(mismatchLabelKeys, 'NotIn'),
  ];
  try {
    return compileLabelSelector({ ...selector, matchExpressions });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return () => false;
  }
}

/** Whether a term is about `other`: the namespace and the labels fit. */
export function isAbout(term: PodTerm, other: PodFacts, reader: StoreReader): boolean {
  return term.selects(other.labels) && includesNamespace(term, other.namespace, reader);
}

function includesNamespace(
  { namespaces, selectsNamespace }: PodTerm,
  name: string,
  reader: StoreReader,
): boolean {
  if (namespaces.has(name)) return true;
  if (selectsNamespace === undefined) return false;
  return selectsNamespace(reader.get('Namespace', undefined, name)?.metadata.labels);
}

function termsOf(pod: Pod, terms: readonly PodAffinityTerm[] = []): readonly PodTerm[] {
  return terms.map((term) => podTerm(pod, term));
}

function hostPortsOf({ spec }: Pod): readonly HostPort[] {
  const sidecars = (spec?.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  return [...sidecars, ...(spec?.containers ?? [])].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, hostIP = '', protocol = 'TCP' }) =>
      hostPort === 0 ? [] : [{ protocol, port: hostPort, address: hostIP || '0.0.0.0' }],
    ),
  );
}
