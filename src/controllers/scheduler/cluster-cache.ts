import { deepEqual, type Node, type Pod, type StoreReader } from '../../api/index.ts';
import { isPodTerminal } from '../pod-condition.ts';
import { podFacts, type PodFacts } from './pod-facts.ts';

/** A Node and the Pods on it. */
export interface NodeFacts {
  readonly node: Node;
  readonly pods: ReadonlyMap<string, PodFacts>;
}

/**
 * The store arranged by Node and namespace, brought up to date with what changed when it is asked.
 *
 * It holds nothing that the store does not say; it saves a look at every Pod for every Pod.
 */
export class ClusterCache {
  readonly #nodes = new Map<string, Node>();
  /** In order of name; undefined when a Node has changed. */
  #listed: readonly NodeFacts[] | undefined;
  readonly #podsByNode = new Map<string, Map<string, PodFacts>>();
  readonly #podsByOwner = new Map<string, Map<string, PodFacts>>();
  readonly #podsByNamespace = new Map<string, Map<string, PodFacts>>();
  readonly #avoiding = new Map<string, PodFacts>();
  readonly #pods = new Map<string, PodFacts>();
  readonly #stalePods = new Map<string, readonly [namespace: string, name: string]>();
  readonly #staleNodes = new Set<string>();
  /** The Nodes of Pods that wait for their volumes there. */
  readonly #assumed = new Map<string, string>();

  /** @returns whether the change can make room, or company, for Pods that wait: a Pod came, went or has other labels. */
  notePod({ metadata }: Pod, reader: StoreReader): boolean {
    const { namespace = '', name } = metadata;
    const key = `${namespace}/${name}`;
    this.#stalePods.set(key, [namespace, name]);
    const known = this.#pods.get(key);
    const present = reader.get('Pod', namespace, name);
    if (present === undefined || !holdsPlace(present)) return known !== undefined;
    return (
      known === undefined ||
      known.nodeName !== present.spec?.nodeName ||
      known.isTerminating !== (present.metadata.deletionTimestamp !== undefined) ||
      !deepEqual(known.labels, present.metadata.labels ?? {})
    );
  }

  noteNode({ metadata }: Node): void {
    this.#staleNodes.add(metadata.name);
  }

  /** Reads again what was noted. */
  refresh(reader: StoreReader): void {
    if (this.#staleNodes.size > 0) this.#listed = undefined;
    for (const name of this.#staleNodes) {
      const node = reader.get('Node', undefined, name);
      if (node === undefined) this.#nodes.delete(name);
      else this.#nodes.set(name, node);
    }
    this.#staleNodes.clear();
    for (const [key, [namespace, name]] of this.#stalePods) {
      this.#drop(key);
      const pod = reader.get('Pod', namespace, name);
      if (pod !== undefined && holdsPlace(pod)) this.#keep(podFacts(pod));
      this.#keepAssumed(key, pod);
    }
    this.#stalePods.clear();
  }

  /** Counts a Pod as being on a Node until it is. */
  assume(pod: Pod, nodeName: string): void {
    const key = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
    this.#assumed.set(key, nodeName);
    this.#drop(key);
    this.#keepAssumed(key, pod);
  }

  /** Where a Pod waits for its volumes. */
  assumedNode(key: string): string | undefined {
    return this.#assumed.get(key);
  }

  forget(key: string): void {
    if (this.#assumed.delete(key)) this.#drop(key);
  }

  /** Every Node, in order of name. */
  nodes(): readonly NodeFacts[] {
    this.#listed ??= [...this.#nodes]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, node]) => ({ node, pods: groupOf(this.#podsByNode, name) }));
    return this.#listed;
  }

  node(name: string): Node | undefined {
    return this.#nodes.get(name);
  }

  /** The Pods of one namespace that have a Node. */
  podsIn(namespace: string): Iterable<PodFacts> {
    return this.#podsByNamespace.get(namespace)?.values() ?? [];
  }

  /** The Pods of one controller that have a Node. @param owner its uid */
  podsOf(owner: string): Iterable<PodFacts> {
    return this.#podsByOwner.get(owner)?.values() ?? [];
  }

  /** Every Pod that has a Node. */
  pods(): Iterable<PodFacts> {
    return this.#pods.values();
  }

  /** The Pods with required anti-affinity: the only ones that can keep others away. */
  avoiding(): Iterable<PodFacts> {
    return this.#avoiding.values();
  }

  #keep(facts: PodFacts): void {
    this.#pods.set(facts.key, facts);
    groupOf(this.#podsByNode, facts.nodeName).set(facts.key, facts);
    groupOf(this.#podsByNamespace, facts.namespace).set(facts.key, facts);
    if (facts.owner !== undefined) groupOf(this.#podsByOwner, facts.owner).set(facts.key, facts);
    if (facts.requiredAntiAffinity.length > 0) this.#avoiding.set(facts.key, facts);
  }

  #keepAssumed(key: string, pod: Pod | undefined): void {
    const nodeName = this.#assumed.get(key);
    if (nodeName === undefined) return;
    if (pod === undefined || pod.spec?.nodeName) this.#assumed.delete(key);
    else {
      const { containers = [], ...spec } = pod.spec ?? {};
      this.#keep(podFacts({ ...pod, spec: { ...spec, containers, nodeName } }));
    }
  }

  #drop(key: string): void {
    const facts = this.#pods.get(key);
    if (facts === undefined) return;
    this.#pods.delete(key);
    this.#podsByNode.get(facts.nodeName)?.delete(key);
    this.#podsByNamespace.get(facts.namespace)?.delete(key);
    this.#avoiding.delete(key);
    if (facts.owner !== undefined) leave(this.#podsByOwner, facts.owner, key);
  }
}

/** Whether a Pod has a Node and has not run to its end. */
function holdsPlace(pod: Pod): boolean {
  return Boolean(pod.spec?.nodeName) && !isPodTerminal(pod);
}

/** Owners come and go by the thousand; a group that is empty goes with them. */
function leave(groups: Map<string, Map<string, PodFacts>>, name: string, key: string): void {
  const group = groups.get(name);
  group?.delete(key);
  if (group?.size === 0) groups.delete(name);
}

function groupOf(groups: Map<string, Map<string, PodFacts>>, name: string): Map<string, PodFacts> {
  const present = groups.get(name);
  if (present !== undefined) return present;
  const group = new Map<string, PodFacts>();
  groups.set(name, group);
  return group;
}
