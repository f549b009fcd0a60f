import type { HeaderFields } from '../http1/index.ts';
import { trailersToHttp1 } from './fields.ts';

const CRLF = Buffer.from('\r\n');

/** A piece of a body of unknown length as HTTP/1.1 frames it. */
export function chunkOf(piece: Buffer): Buffer {
  const size = Buffer.from(`${piece.length.toString(16)}\r\n`, 'latin1');
  return Buffer.concat([size, piece, CRLF]);
}

/** The end of such a body. @param trailers Names and values in turn. */
export function lastChunkOf(trailers: HeaderFields): Buffer {
  return Buffer.from(`0\r\n${trailersToHttp1(trailers)}\r\n`, 'latin1');
}
