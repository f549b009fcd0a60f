import { createBodyReader, type BodyReader, type Framing } from './http1/index.ts';
import type { MirroredBody } from './services.ts';

/** Why a body is not taken. */
export interface BodyRefusal {
  readonly status: 400 | 408 | 413;
  readonly reason: string;
}

/** How much of a body is kept so that it can be sent once more, as nginx keeps request bodies. */
const MAX_REPLAY_BYTES = 65_536;

/** The body of a request on its way to the backend: where it ends, how long it may be, what to send again. */
export class RequestBody {
  readonly #reader: BodyReader;
  readonly #limitBytes: number;
  readonly #mirror: MirroredBody | undefined;
  #kept: Buffer[] | undefined = [];
  #sizeBytes = 0;

  /** @param limitBytes 0 for no limit. */
  constructor(framing: Framing, limitBytes: number, mirror: MirroredBody | undefined) {
    this.#reader = createBodyReader(framing);
    this.#limitBytes = limitBytes;
    this.#mirror = mirror;
  }

  get isDone(): boolean {
    return this.#reader.isDone;
  }

  /** With its framing. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** What was read so far, to be sent again; undefined where it was too much to keep. */
  get kept(): readonly Buffer[] | undefined {
    return this.#kept;
  }

  /** The rest will not come. */
  abort(): void {
    if (!this.isDone) this.#mirror?.abort();
  }

  /** @returns how many bytes belong to the body, or why it is refused. */
  read(bytes: Buffer): number | BodyRefusal {
    const mirror = this.#mirror;
    const length =
      mirror === undefined
        ? this.#reader.read(bytes)
        : this.#reader.read(bytes, (piece) => mirror.write(piece));
    if (typeof length === 'string') {
      mirror?.abort();
      return { status: 400, reason: length };
    }
    this.#sizeBytes += length;
    if (this.#limitBytes > 0 && this.#sizeBytes > this.#limitBytes + CHUNKING_BYTES) {
      mirror?.abort();
      return { status: 413, reason: `the body is longer than ${this.#limitBytes} bytes` };
    }
    if (this.#reader.isDone) mirror?.end();
    this.#keep(bytes.subarray(0, length));
    return length;
  }

  #keep(bytes: Buffer): void {
    if (this.#sizeBytes > MAX_REPLAY_BYTES) this.#kept = undefined;
    else this.#kept?.push(bytes);
  }
}

/** A chunked body is counted with its framing; so much of that is forgiven. */
const CHUNKING_BYTES = 1024;

/** Whether a request's declared length is above the limit already. */
export function isTooLong(framing: Framing, limitBytes: number): boolean {
  return limitBytes > 0 && framing.kind === 'length' && framing.sizeBytes > limitBytes;
}
