/** Pieces of one message; more are put together, for each costs more than what it holds. */
const MAX_PIECES = 64;

/** Cuts a TCP stream into messages, each behind two octets of length. @see RFC 1035 §4.2.2 */
export class MessageReader {
  #chunks: Buffer[] = [];
  #size = 0;

  /** How many octets wait for the rest of their message. */
  get pendingOctets(): number {
    return this.#size;
  }

  /** The messages that `chunk` completes. */
  read(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed()) {
      if (this.#chunks.length > MAX_PIECES) this.#chunks = [Buffer.concat(this.#chunks)];
      return [];
    }
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const messages: Buffer[] = [];
    let at = 0;
    while (at + 2 <= bytes.length) {
      const end = at + 2 + bytes.readUInt16BE(at);
      if (end > bytes.length) break;
      messages.push(bytes.subarray(at + 2, end));
      at = end;
    }
    const rest = bytes.subarray(at);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    return messages;
  }

  /** Octets of the first message and its length, or the two of a length not yet known. */
  #needed(): number {
    const [first] = this.#chunks;
    if (first === undefined || first.length < 2) return 2;
    return 2 + first.readUInt16BE(0);
  }
}
