import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { HEADER_DICTIONARY } from './dictionary.ts';

/** Names and values of a stream's headers; names are in lower case. */
export type Headers = ReadonlyMap<string, string>;

/** A header block is small; one that unpacks to more than this is an attack. */
const MAX_BLOCK_BYTES = 64 * 1024;

/** Reads the header blocks of one direction, which share one compression context. */
export class HeaderReader implements Disposable {
  readonly #inflate: Inflate = createInflate({ dictionary: HEADER_DICTIONARY });

  /** @throws Error for a block that cannot be unpacked or read. */
  async read(block: Buffer): Promise<Headers> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > MAX_BLOCK_BYTES) reject(new Error('a header block is too large'));
      else chunks.push(chunk);
    };
    this.#inflate.on('data', take);
    this.#inflate.once('error', reject);
    this.#inflate.write(block);
    this.#inflate.flush(constants.Z_SYNC_FLUSH, () => resolve(Buffer.concat(chunks)));
    try {
      return parseHeaders(await promise);
    } finally {
      this.#inflate.off('data', take);
      this.#inflate.off('error', reject);
    }
  }

  [Symbol.dispose](): void {
    this.#inflate.on('error', () => {});
    this.#inflate.close();
  }
}

/** Writes the header blocks of one direction. */
export class HeaderWriter implements Disposable {
  readonly #deflate: Deflate = createDeflate({ dictionary: HEADER_DICTIONARY });

  async write(headers: Headers): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const take = (chunk: Buffer): void => void chunks.push(chunk);
    this.#deflate.on('data', take);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#deflate.write(formatHeaders(headers));
    this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve());
    await promise;
    this.#deflate.off('data', take);
    return Buffer.concat(chunks);
  }

  [Symbol.dispose](): void {
    this.#deflate.close();
  }
}

function parseHeaders(block: Buffer): Headers {
  let at = 0;
  const number = (): number => {
    if (at + 4 > block.length) throw new Error('a header block is cut off');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (length > block.length - at) throw new Error('a header block is cut off');
    at += length;
    return block.toString('utf8', at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left -= 1) headers.set(text().toLowerCase(), text());
  return headers;
}

function formatHeaders(headers: Headers): Buffer {
  const parts: Buffer[] = [uint32(headers.size)];
  for (const [name, value] of headers)
    for (const text of [name, value]) {
      const bytes = Buffer.from(text);
      parts.push(uint32(bytes.length), bytes);
    }
  return Buffer.concat(parts);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
