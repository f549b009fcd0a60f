/**
 * Counts the changes to what stable answers are made from; every thread reads the same counts.
 *
 * A change to one part (a Service, say) leaves the answers that depend on other parts alone.
 */
export interface Revision {
  /** Rises with changes that nothing outlives. */
  readonly current: number;
  /**
   * Answers made so far no longer hold.
   *
   * @param part Those that depend on it, or on everything. @default all
   */
  readonly advance: (part?: string) => void;
  /** Changes so far to the parts of a cell. @see cellOf */
  readonly changesOf: (cell: number) => number;
  /** For `shareRevision` in another thread. */
  readonly memory: SharedArrayBuffer;
}

/** Parts share cells: more of them make fewer answers go with the wrong change, and take more memory. */
const CELLS = 1024;
/** Of answers that depend on everything. */
const EVERYTHING = 0;

export function createRevision(): Revision {
  return shareRevision(new SharedArrayBuffer((1 + CELLS) * Int32Array.BYTES_PER_ELEMENT));
}

/** The revision that lives in `memory`. */
export function shareRevision(memory: SharedArrayBuffer): Revision {
  const counts = new Int32Array(memory);
  return {
    memory,
    get current() {
      return Atomics.load(counts, CELLS);
    },
    changesOf: (cell) => Atomics.load(counts, cell),
    advance: (part) => {
      if (part === undefined) Atomics.add(counts, CELLS, 1);
      else {
        Atomics.add(counts, EVERYTHING, 1);
        Atomics.add(counts, cellOf(part), 1);
      }
    },
  };
}

/** Where changes to `part` are counted; undefined is everything. */
export function cellOf(part: string | undefined): number {
  if (part === undefined) return EVERYTHING;
  let hash = 0x811c_9dc5;
  for (let at = 0; at < part.length; at += 1)
    hash = Math.imul(hash ^ part.charCodeAt(at), 0x0100_0193);
  return 1 + (((hash ^ (hash >>> 15)) >>> 0) % (CELLS - 1));
}
