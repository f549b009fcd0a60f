/** A frame of SPDY/3.1, its header taken apart. @see SPDY protocol draft 3.1 §2.2 */
export type Frame =
  | {
      readonly kind: 'data';
      readonly streamId: number;
      readonly isLast: boolean;
      readonly payload: Buffer;
    }
  | {
      readonly kind: 'control';
      readonly type: number;
      readonly flags: number;
      readonly payload: Buffer;
    };

/** Types of control frames. */
export const FRAME = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** FLAG_FIN: the sender is done with the stream. */
export const FLAG_FIN = 1;

const VERSION = 3;
const HEAD_BYTES = 8;
/** Clients write what they read from a file or a socket at a time; nobody sends frames near this. */
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;

/** Cuts bytes that come in any pieces into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that `chunk` completes. @throws Error for what is not SPDY/3.1. */
  read(chunk: Buffer): readonly Frame[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    while (rest.length >= HEAD_BYTES) {
      const length = rest.readUIntBE(5, 3);
      if (length > MAX_PAYLOAD_BYTES) throw new Error('a SPDY frame is too large');
      if (rest.length < HEAD_BYTES + length) break;
      frames.push(readFrame(rest, rest.subarray(HEAD_BYTES, HEAD_BYTES + length)));
      rest = rest.subarray(HEAD_BYTES + length);
    }
    this.#rest = rest;
    return frames;
  }
}

function readFrame(head: Buffer, payload: Buffer): Frame {
  const first = head.readUInt32BE(0);
  const flags = head[4] ?? 0;
  if (first < 0x8000_0000)
    return { kind: 'data', streamId: first, isLast: (flags & FLAG_FIN) !== 0, payload };
  const version = (first >>> 16) & 0x7fff;
  if (version !== VERSION) throw new Error(`SPDY version ${version} is not spoken here`);
  return { kind: 'control', type: first & 0xffff, flags, payload };
}

/** A frame with bytes of a stream. */
export function dataFrame(streamId: number, payload: Buffer, isLast = false): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(streamId, 0);
  head[4] = isLast ? FLAG_FIN : 0;
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

/** A control frame. */
export function controlFrame(type: number, payload: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(0x8000 | VERSION, 0);
  head.writeUInt16BE(type, 2);
  head[4] = flags;
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

/** Numbers as four bytes each, as most control frames hold them. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4);
  return bytes;
}
