const MAX_NAMES = 10_000;

/**
 * Under which names the cluster's clients found which addresses outside of it.
 *
 * Policies with domainNames are about addresses in the end: a name counts from the moment that somebody has asked for it.
 */
export class KnownNames {
  readonly #byAddress = new Map<string, Set<string>>();
  #count = 0;

  /** Remembers what a name led to. The oldest are forgotten first. @param name With or without its last dot, in any case. */
  record(name: string, addresses: readonly string[]): void {
    const plain = name.toLowerCase().replace(/\.$/, '');
    for (const address of addresses) {
      const names = this.#byAddress.get(address) ?? new Set<string>();
      if (names.has(plain)) continue;
      names.add(plain);
      this.#byAddress.set(address, names);
      this.#count += 1;
    }
    for (const [address, names] of this.#byAddress) {
      if (this.#count <= MAX_NAMES) return;
      this.#byAddress.delete(address);
      this.#count -= names.size;
    }
  }

  of(address: string): readonly string[] {
    const names = this.#byAddress.get(address);
    return names === undefined ? NO_NAMES : [...names];
  }
}

const NO_NAMES: readonly string[] = [];
