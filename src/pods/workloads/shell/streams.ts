/** Where a command writes. */
export interface Output {
  /** Resolves when more is welcome. @throws PipeClosed when nobody reads any more */
  write(bytes: string | Uint8Array): Promise<void> | void;
}

/** What a command reads and writes. */
export interface Streams {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** Nobody reads what a command writes: it ends, as SIGPIPE would end it. */
export class PipeClosed extends Error {}

/** What a command writes finds no room: the command ends. */
export class DiskFull extends Error {
  readonly exitCode = 1;
  constructor() {
    super('write error: No space left on device');
  }
}

/** Gives the next bytes; undefined at the end. */
export type ReadBytes = () => Promise<Uint8Array | undefined>;

/** What a command reads, by pieces, lines, or all at once. */
export class Input {
  readonly #read: ReadBytes;
  #rest: Buffer = Buffer.alloc(0);

  constructor(read: ReadBytes) {
    this.#read = read;
  }

  /** The next piece; undefined at the end. */
  async bytes(): Promise<Buffer | undefined> {
    if (this.#rest.length > 0) return this.#take(this.#rest.length);
    const next = await this.#read();
    return next === undefined ? undefined : asBuffer(next);
  }

  /** The next line, with its end if it has one; undefined at the end. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      if (end >= 0) return this.#take(end + 1).toString('utf8');
      const next = this.#rest.length < MAX_LINE ? await this.#read() : undefined;
      if (next === undefined) {
        return this.#rest.length === 0 ? undefined : this.#take(this.#rest.length).toString('utf8');
      }
      this.#rest = Buffer.concat([this.#rest, next]);
    }
  }

  /** All that is left, up to a limit. */
  async all(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let length = 0;
    for (let piece = await this.bytes(); piece !== undefined; piece = await this.bytes()) {
      pieces.push(piece);
      length += piece.length;
      if (length > MAX_ALL) break;
    }
    return Buffer.concat(pieces);
  }

  async text(): Promise<string> {
    return (await this.all()).toString('utf8');
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}

const MAX_LINE = 1024 * 1024;
const MAX_ALL = 16 * 1024 * 1024;
/** What a pipe holds before its writer waits. @see pipe(7) */
const PIPE_BYTES = 65_536;

/** Has nothing to read. */
export const NO_INPUT: Input = new Input(async () => undefined);

/** Throws away what is written. */
export const NO_OUTPUT: Output = { write: () => undefined };

/** Reads a text or bytes that are there already. */
export function inputOf(content: string | Uint8Array): Input {
  let left: Uint8Array | undefined = typeof content === 'string' ? Buffer.from(content) : content;
  return new Input(async () => {
    const bytes = left;
    left = undefined;
    return bytes;
  });
}

/** Keeps the last of what is written. */
export class Capture implements Output {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #length = 0;

  /** @param limit Bytes that are kept. */
  constructor(limit = 65_536) {
    this.#limit = limit;
  }

  write(bytes: string | Uint8Array): void {
    const buffer = asBuffer(bytes);
    this.#chunks.push(buffer);
    this.#length += buffer.length;
    if (this.#length <= this.#limit * 2) return;
    this.#chunks = [this.bytes()];
    this.#length = this.#chunks[0]?.length ?? 0;
  }

  bytes(): Buffer {
    const all = Buffer.concat(this.#chunks);
    return all.length > this.#limit ? all.subarray(all.length - this.#limit) : all;
  }

  text(): string {
    return this.bytes().toString('utf8');
  }
}

/** One command's output as the next one's input. */
export interface Pipe {
  readonly input: Input;
  readonly output: Output;
  /** The writer is done. */
  readonly end: () => void;
  /** The reader is. */
  readonly close: () => void;
}

/** A pipe whose writer waits for its reader. */
export function createPipe(): Pipe {
  const state = { chunks: [] as Buffer[], length: 0, hasEnded: false, isClosed: false };
  let wake: () => void = () => undefined;
  const turn = (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = wake;
    wake = () => {
      before();
      resolve();
    };
    return promise;
  };
  const tell = (): void => {
    const told = wake;
    wake = () => undefined;
    told();
  };
  const input = new Input(async () => {
    while (state.length === 0 && !state.hasEnded) await turn();
    if (state.length === 0) return undefined;
    const bytes = Buffer.concat(state.chunks);
    state.chunks = [];
    state.length = 0;
    tell();
    return bytes;
  });
  const write = async (bytes: string | Uint8Array): Promise<void> => {
    while (state.length > PIPE_BYTES && !state.isClosed) await turn();
    if (state.isClosed) throw new PipeClosed('broken pipe');
    state.chunks.push(asBuffer(bytes));
    state.length += bytes.length;
    tell();
  };
  const end = (): void => {
    state.hasEnded = true;
    tell();
  };
  const close = (): void => {
    state.isClosed = true;
    state.chunks = [];
    state.length = 0;
    tell();
  };
  return { input, output: { write }, end, close };
}

function asBuffer(bytes: string | Uint8Array): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes);
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
