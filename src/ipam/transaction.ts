/** What one write has taken and will give back: undone when the write fails, finished when it lands. */
export class Transaction {
  readonly #undo: (() => void)[] = [];
  readonly #finish: (() => void)[] = [];

  /** `undo` takes back what was just taken. */
  took(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** `finish` gives up what the old object held, once the new one is written. */
  afterwards(finish: () => void): void {
    this.#finish.push(finish);
  }

  commit(): void {
    for (const finish of this.#finish) finish();
    this.#clear();
  }

  rollback(): void {
    for (const undo of this.#undo.toReversed()) undo();
    this.#clear();
  }

  #clear(): void {
    this.#undo.length = 0;
    this.#finish.length = 0;
  }
}
