import type { Node, Pod, StoreReader } from '../../api/index.ts';
import { countsForScheduling, podFacts, type PodFacts } from './pod-facts.ts';

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
  readonly #podsByNode = new Map<string, Map<string, PodFacts>>();
  readonly #podsByNamespace = new Map<string, Map<string, PodFacts>>();
  readonly #avoiding = new Map<string, PodFacts>();
  readonly #pods = new Map<string, PodFacts>();
  readonly #stalePods = new Map<string, readonly [namespace: string, name: string]>();
  readonly #staleNodes = new Set<string>();

  notePod({ metadata }: Pod): void {
    const { namespace = '', name } = metadata;
    this.#stalePods.set(`${namespace}/${name}`, [namespace, name]);
  }

  noteNode({ metadata }: Node): void {
    this.#staleNodes.add(metadata.name);
  }

  /** Reads again what was noted. */
  refresh(reader: StoreReader): void {
    for (const name of this.#staleNodes) {
      const node = reader.get('Node', undefined, name);
      if (node === undefined) this.#nodes.delete(name);
      else this.#nodes.set(name, node);
    }
    this.#staleNodes.clear();
    for (const [key, [namespace, name]] of this.#stalePods) {
      this.#drop(key);
      const pod = reader.get('Pod', namespace, name);
      if (pod?.spec?.nodeName && countsForScheduling(pod)) this.#keep(podFacts(pod));
    }
    this.#stalePods.clear();
  }

  /** Every Node, in order of name. */
  nodes(): readonly NodeFacts[] {
    return [...this.#nodes.keys()].toSorted().flatMap((name) => {
      const node = this.#nodes.get(name);
      return node === undefined ? [] : [{ node, pods: this.#podsByNode.get(name) ?? NO_PODS }];
    });
  }

  node(name: string): Node | undefined {
    return this.#nodes.get(name);
  }

  /** The Pods of one namespace that have a Node. */
  podsIn(namespace: string): Iterable<PodFacts> {
    return this.#podsByNamespace.get(namespace)?.values() ?? [];
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
    if (facts.requiredAntiAffinity.length > 0) this.#avoiding.set(facts.key, facts);
  }

  #drop(key: string): void {
    const facts = this.#pods.get(key);
    if (facts === undefined) return;
    this.#pods.delete(key);
    this.#podsByNode.get(facts.nodeName)?.delete(key);
    this.#podsByNamespace.get(facts.namespace)?.delete(key);
    this.#avoiding.delete(key);
  }
}

const NO_PODS: ReadonlyMap<string, PodFacts> = new Map();

function groupOf(groups: Map<string, Map<string, PodFacts>>, name: string): Map<string, PodFacts> {
  const present = groups.get(name);
  if (present !== undefined) return present;
  const group = new Map<string, PodFacts>();
  groups.set(name, group);
  return group;
}
