/** Replies up to here are put into the space; the few longer ones get memory of their own. */
const MAX_REPLY = 4096;
const WORD = Int32Array.BYTES_PER_ELEMENT;

/** Where one caller gets replies, one after the other: each holds until the next is put there. */
export interface ReplySpace {
  /** The first `length` octets, after they were taken from `words`; undefined where they do not fit. */
  put(words: Int32Array, start: number, length: number): Buffer | undefined;
}

/**
 * Memory that stays near the processor, however many answers are kept elsewhere.
 *
 * The Buffers that show it are made once for each length, so that a reply leaves no garbage.
 */
export function createReplySpace(): ReplySpace {
  const memory = new ArrayBuffer(MAX_REPLY);
  const space = new Int32Array(memory);
  const views: (Buffer | undefined)[] = Array.from({ length: MAX_REPLY + 1 });
  return {
    put: (words, start, length) => {
      if (length > MAX_REPLY) return undefined;
      const size = Math.ceil(length / WORD);
      for (let at = 0; at < size; at += 1) space[at] = words[start + at] ?? 0;
      return (views[length] ??= Buffer.from(memory, 0, length));
    },
  };
}
