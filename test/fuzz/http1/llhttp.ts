/** Node's own parser (llhttp, strict), called as node:http calls it. */
import { createRequire } from 'node:module';

/** One message, in the same words whoever read it. */
export interface Message {
  /** Method and target, or the status. */
  readonly first: string;
  readonly version: string;
  /** Names and values in turn. */
  readonly fields: readonly string[];
  readonly body: string;
  /** Names and values in turn. */
  readonly trailers: readonly string[];
}

/** What a reader made of bytes. */
export interface Reading {
  readonly messages: readonly Message[];
  /** Where each message ended; only of readers that were given one byte after the other. */
  readonly ends: readonly number[];
  /** What the last message is, after those that are whole. */
  readonly rest: 'nothing' | 'incomplete' | 'closed' | 'refused';
  /** Why it was refused. */
  readonly why: string;
}

export interface LlhttpOptions {
  readonly kind: 'request' | 'response';
  /** Sizes of the pieces to feed; the last one counts for all that follow. @default all at once */
  readonly cuts?: readonly number[];
  /** Methods that responses answer, in turn. @default GET */
  readonly methods?: readonly string[];
  /** Whether the sender closes after the bytes. @default false */
  readonly isEnded?: boolean;
}

interface Parser {
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void;
  execute(bytes: Buffer): number | (Error & { readonly code: string });
  finish(): undefined | number | (Error & { readonly code: string });
  close(): void;
  [event: number]: unknown;
}

interface ParserClass {
  new (): Parser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnMessageBegin: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

// Not documented, but there is no other way to ask it for where a message ends.
const { HTTPParser, methods: METHODS } = createRequire(import.meta.url)('_http_common') as {
  readonly HTTPParser: ParserClass;
  readonly methods: readonly string[];
};

/** What the parser knows by name; it refuses others, which HTTP does not. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

const MAX_HEAD_BYTES = 1_000_000;

/** Reads all messages in `bytes`. */
export function readWithLlhttp(bytes: Buffer, options: LlhttpOptions): Reading {
  const gathering = new Gathering(options);
  const { parser } = gathering;
  try {
    return gathering.read(bytes);
  } finally {
    parser.close();
  }
}

class Gathering {
  readonly parser: Parser = new HTTPParser();
  readonly #options: LlhttpOptions;
  readonly #messages: Message[] = [];
  readonly #ends: number[] = [];
  #at = 0;
  #hasBegun = false;
  #head: Omit<Message, 'body' | 'trailers'> | undefined;
  #loose: string[] = [];
  #url = '';
  #body: Buffer[] = [];
  #persists = true;

  constructor(options: LlhttpOptions) {
    this.#options = options;
    const { parser } = this;
    const { kind } = options;
    parser.initialize(
      kind === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE,
      {},
      MAX_HEAD_BYTES,
      0,
    );
    parser[HTTPParser.kOnMessageBegin] = () => this.#begin();
    parser[HTTPParser.kOnHeaders] = (fields: string[], url: string) => {
      this.#loose.push(...fields);
      this.#url += url;
    };
    parser[HTTPParser.kOnHeadersComplete] = (...facts: HeadFacts) => this.#onHead(facts);
    parser[HTTPParser.kOnBody] = (piece: Buffer) => this.#body.push(Buffer.from(piece));
    parser[HTTPParser.kOnMessageComplete] = () => this.#complete();
  }

  read(bytes: Buffer): Reading {
    const { cuts = [] } = this.#options;
    for (let turn = 0; this.#at < bytes.length; turn += 1) {
      const size = cuts[Math.min(turn, cuts.length - 1)] ?? bytes.length;
      const piece = bytes.subarray(this.#at, this.#at + size);
      this.#at += piece.length;
      const read = this.parser.execute(piece);
      if (typeof read !== 'number') return this.#refused(read);
      if (read < piece.length) return this.#reading('closed', ''); // the rest is another protocol
    }
    if (this.#options.isEnded !== true) return this.#reading(this.#restOfAll(), '');
    // An error says that a message was not whole.
    const isWhole = !(this.parser.finish() instanceof Error);
    return this.#reading(isWhole ? this.#restOfAll() : 'incomplete', '');
  }

  #restOfAll(): Reading['rest'] {
    if (this.#hasBegun) return 'incomplete';
    return this.#persists ? 'nothing' : 'closed';
  }

  #refused({ code }: { readonly code: string }): Reading {
    return code === 'HPE_CLOSED_CONNECTION'
      ? this.#reading('closed', code)
      : this.#reading('refused', code);
  }

  #reading(rest: Reading['rest'], why: string): Reading {
    return { messages: this.#messages, ends: this.#ends, rest, why };
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#head = undefined;
    this.#loose = [];
    this.#url = '';
    this.#body = [];
  }

  #onHead([major, minor, fields, method, url, status, , , persists]: HeadFacts): number {
    const first =
      this.#options.kind === 'request'
        ? `${METHODS[method ?? 0]} ${url ?? this.#url}`
        : String(status);
    this.#head = {
      first,
      version: `${major}.${minor}`,
      fields: fields === undefined ? this.#loose : [...this.#loose, ...fields],
    };
    this.#loose = [];
    this.#persists = persists;
    const isOfHead = this.#options.methods?.[this.#answered] === 'HEAD';
    return isOfHead ? 1 : 0;
  }

  /** How many final responses there were. */
  get #answered(): number {
    return this.#messages.filter(({ first }) => Number(first) >= 200).length;
  }

  #complete(): void {
    this.#hasBegun = false;
    this.#ends.push(this.#at);
    if (this.#head !== undefined)
      this.#messages.push({
        ...this.#head,
        body: Buffer.concat(this.#body).toString('latin1'),
        trailers: this.#loose,
      });
  }
}

type HeadFacts = [
  major: number,
  minor: number,
  fields: string[] | undefined,
  method: number | undefined,
  url: string | undefined,
  status: number | undefined,
  reason: string | undefined,
  upgrade: boolean,
  persists: boolean,
];
