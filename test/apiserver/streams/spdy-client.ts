/** The client's end of SPDY/3.1, so far as the tests need one. */
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { createDeflate, constants, type Deflate } from 'node:zlib';
import { HEADER_DICTIONARY } from '../../../src/apiserver/streams/spdy/dictionary.ts';
import {
  controlFrame,
  dataFrame,
  FLAG_FIN,
  FRAME,
  FrameReader,
  words,
} from '../../../src/apiserver/streams/spdy/frames.ts';
import type { TestServer } from '../test-server.ts';

/** A connection that speaks SPDY. */
export interface SpdyClient extends AsyncDisposable {
  readonly socket: TLSSocket;
  /** The answer's head. */
  readonly head: string;
  open(
    id: number,
    headers: Readonly<Record<string, string>>,
    isHalfClosed?: boolean,
  ): Promise<void>;
  send(id: number, text: string, isLast?: boolean): void;
  /** What came on a stream so far. */
  text(id: number): string;
  /** Resolves when the server is done with a stream. */
  ended(id: number): Promise<string>;
  closed(): Promise<void>;
}

/** Upgrades a connection of its own, with the administrator's token. */
export async function openSpdy(
  server: TestServer,
  path: string,
  protocol: string,
): Promise<SpdyClient> {
  const socket = await upgradeTo(server, path, [
    'Upgrade: SPDY/3.1',
    ...(protocol === '' ? [] : [`X-Stream-Protocol-Version: ${protocol}`]),
  ]);
  const { head, rest } = await readHead(socket);
  return new Client(socket, head, rest);
}

/** A connection on which an upgrade was asked for. */
export async function upgradeTo(
  { server, credentials, token }: TestServer,
  path: string,
  headers: readonly string[],
): Promise<TLSSocket> {
  const socket = connectTls({ host: server.address, port: server.port, ca: credentials.ca });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  socket.write(
    [
      `POST ${path} HTTP/1.1`,
      'Host: localhost',
      `Authorization: Bearer ${token}`,
      'Connection: Upgrade',
      ...headers,
      '\r\n',
    ].join('\r\n'),
  );
  return socket;
}

export async function readHead(
  socket: TLSSocket,
): Promise<{ readonly head: string; readonly rest: Buffer }> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end >= 0) {
      socket.pause();
      return { head: bytes.toString('utf8', 0, end), rest: bytes.subarray(end + 4) };
    }
  }
}

class Client implements SpdyClient {
  readonly socket: TLSSocket;
  readonly head: string;
  readonly #texts = new Map<number, string>();
  readonly #ended = new Map<number, PromiseWithResolvers<string>>();
  readonly #frames = new FrameReader();
  readonly #deflate: Deflate = createDeflate({ dictionary: HEADER_DICTIONARY });
  readonly #closed: Promise<void>;

  constructor(socket: TLSSocket, head: string, rest: Buffer) {
    this.socket = socket;
    this.head = head;
    this.#closed = new Promise((resolve) => void socket.once('close', () => resolve()));
    // A refusal is followed by a Status, and no frames.
    if (!head.startsWith('HTTP/1.1 101 ')) return;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    if (rest.length > 0) this.#take(rest);
    socket.resume();
  }

  async open(
    id: number,
    headers: Readonly<Record<string, string>>,
    isHalfClosed = false,
  ): Promise<void> {
    const block = await this.#compress(blockOf(headers));
    const payload = Buffer.concat([words(id, 0), Buffer.alloc(2), block]);
    this.socket.write(controlFrame(FRAME.synStream, payload, isHalfClosed ? FLAG_FIN : 0));
  }

  send(id: number, text: string, isLast = false): void {
    this.socket.write(dataFrame(id, Buffer.from(text), isLast));
  }

  text(id: number): string {
    return this.#texts.get(id) ?? '';
  }

  ended(id: number): Promise<string> {
    return this.#end(id).promise;
  }

  closed(): Promise<void> {
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.#closed;
  }

  #end(id: number): PromiseWithResolvers<string> {
    const known = this.#ended.get(id) ?? Promise.withResolvers<string>();
    this.#ended.set(id, known);
    return known;
  }

  #take(chunk: Buffer): void {
    for (const frame of this.#frames.read(chunk)) {
      if (frame.kind === 'data') {
        const { streamId, payload, isLast } = frame;
        this.#texts.set(streamId, `${this.text(streamId)}${payload.toString('utf8')}`);
        if (isLast) this.#end(streamId).resolve(this.text(streamId));
      } else if (frame.type === FRAME.rstStream) {
        const id = frame.payload.readUInt32BE(0);
        this.#end(id).resolve(this.text(id));
      }
    }
  }

  async #compress(block: Buffer): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const take = (chunk: Buffer): void => void chunks.push(chunk);
    this.#deflate.on('data', take);
    this.#deflate.write(block);
    await new Promise<void>((resolve) => this.#deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    this.#deflate.off('data', take);
    return Buffer.concat(chunks);
  }
}

function blockOf(headers: Readonly<Record<string, string>>): Buffer {
  const texts = Object.entries(headers).flat();
  return Buffer.concat([
    words(texts.length / 2),
    ...texts.flatMap((text) => [words(Buffer.byteLength(text)), Buffer.from(text)]),
  ]);
}
