/** Counts the changes to what stable answers are made from; every thread reads the same count. */
export interface Revision {
  readonly current: number;
  /** Answers made so far no longer hold. */
  advance(): void;
  /** For `shareRevision` in another thread. */
  readonly memory: SharedArrayBuffer;
}

export function createRevision(): Revision {
  return shareRevision(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** The revision that lives in `memory`. */
export function shareRevision(memory: SharedArrayBuffer): Revision {
  const count = new Int32Array(memory);
  return {
    memory,
    get current() {
      return Atomics.load(count, 0);
    },
    advance: () => void Atomics.add(count, 0, 1),
  };
}
