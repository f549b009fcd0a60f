import type { Readable } from 'node:stream';

/**
 * All octets of a request.
 *
 * @returns undefined for more than `max`: what is too long is not read to its end, and the reply still goes out.
 */
export async function readBody(
  request: Pick<Readable, 'iterator'>,
  max: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk as Uint8Array); // no encoding is set
    size += bytes.length;
    if (size > max) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
