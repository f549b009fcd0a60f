/** HTTP/2 by hand: a client that may say what no library lets it say. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** One frame as it stands on the wire. */
export function frame({ type, flags, stream, payload }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Fields in HPACK, each literal and never indexed; bytes as they are. */
export function block(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0x10]), literal(name), literal(value)]),
  );
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const rest = bytes.length - 127;
  const length = [127];
  let left = rest;
  for (; left >= 128; left = Math.floor(left / 128)) length.push((left % 128) + 128);
  return Buffer.concat([Buffer.from([...length, left]), bytes]);
}

/** A client's connection, its preface and empty settings sent. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  /** Whether the server has ended the connection. */
  isClosed = false;
  #pending = Buffer.alloc(0);

  constructor(port: number, settings: Buffer = Buffer.alloc(0)) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined).on('close', () => (this.isClosed = true));
    this.socket.on('end', () => (this.isClosed = true));
    this.socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.socket.write(PREFACE);
    this.send({ type: FRAME.settings, flags: 0, stream: 0, payload: settings });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  send(given: Frame): boolean {
    return this.socket.write(frame(given));
  }

  /** A request on a stream; open if `body` is not given. */
  request(
    stream: number,
    fields: readonly (readonly [string, string])[],
    body: string | undefined = '',
  ): void {
    const isWhole = body === '';
    const flags = FLAG.endHeaders | (isWhole ? FLAG.endStream : 0);
    this.send({ type: FRAME.headers, flags, stream, payload: block(fields) });
    if (body === undefined || isWhole) return;
    const payload = Buffer.from(body, 'latin1');
    this.send({ type: FRAME.data, flags: FLAG.endStream, stream, payload });
  }

  /** The first frame that is wanted; undefined where the connection ends before. */
  async until(isWanted: (frame: Frame) => boolean): Promise<Frame | undefined> {
    for (;;) {
      const found = this.frames.find(isWanted);
      if (found !== undefined || this.isClosed) return found;
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]).catch(
        () => undefined,
      );
    }
  }

  #read(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 9) {
      const length = this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < 9 + length) return;
      this.frames.push({
        type: this.#pending[3] ?? 0,
        flags: this.#pending[4] ?? 0,
        stream: this.#pending.readUInt32BE(5),
        payload: this.#pending.subarray(9, 9 + length),
      });
      this.#pending = this.#pending.subarray(9 + length);
    }
  }
}
