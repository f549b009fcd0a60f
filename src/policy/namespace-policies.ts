import type { CompiledNetworkPolicy } from './compiled.ts';

/** The policies of one Namespace, found by a label that the Pods they select must have. */
export class NamespacePolicies {
  readonly #byLabel = new Map<string, Set<CompiledNetworkPolicy>>();
  readonly #others = new Set<CompiledNetworkPolicy>();
  /** Rises with each change; 0 is for a Namespace that never had a policy. */
  version = 0;

  add(policy: CompiledNetworkPolicy): void {
    this.version += 1;
    const { requiredLabel } = policy;
    if (requiredLabel === undefined) {
      this.#others.add(policy);
      return;
    }
    const policies = this.#byLabel.get(requiredLabel) ?? new Set();
    policies.add(policy);
    this.#byLabel.set(requiredLabel, policies);
  }

  remove(policy: CompiledNetworkPolicy): void {
    this.version += 1;
    this.#others.delete(policy);
    const { requiredLabel = '' } = policy;
    const policies = this.#byLabel.get(requiredLabel);
    policies?.delete(policy);
    if (policies?.size === 0) this.#byLabel.delete(requiredLabel);
  }

  /** In the order of their names, so that explanations are the same each time. */
  selecting(labels: Readonly<Record<string, string>>): readonly CompiledNetworkPolicy[] {
    const found = [...this.#others].filter(({ selects }) => selects(labels));
    for (const [key, value] of Object.entries(labels))
      for (const policy of this.#byLabel.get(`${key}=${value}`) ?? [])
        if (policy.selects(labels)) found.push(policy);
    return found.length < 2 ? found : found.toSorted(byName);
  }
}

function byName(a: CompiledNetworkPolicy, b: CompiledNetworkPolicy): number {
  return a.name < b.name ? -1 : 1;
}
