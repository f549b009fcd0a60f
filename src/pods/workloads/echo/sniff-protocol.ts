import type { Duplex } from 'node:stream';
import { neverLeaves, onLeave } from '../../leaving.ts';

/** What to do with a connection, once its first bytes have told what it speaks. */
export interface ProtocolHandlers {
  readonly http1: () => void;
  readonly http2: () => void;
  readonly other: () => void;
}

/** Waits for the first bytes of `socket`, puts them back, and hands the connection to the handler of their protocol. */
export function sniffProtocol(socket: Duplex, handlers: ProtocolHandlers): void {
  onLeave(socket, (when) => void (when === 'now' && socket.destroy()));
  socket.once('readable', () => {
    const first: unknown = socket.read();
    if (!(first instanceof Uint8Array)) {
      // It ended before it said anything.
      socket.destroy();
      return;
    }
    socket.unshift(first);
    const protocol = protocolOf(first);
    if (protocol === 'other') neverLeaves(socket);
    handlers[protocol]();
  });
}

/**
 * What a connection speaks, by its first bytes: an HTTP/1 request line (whole, or cut short after a method that HTTP
 * knows), HTTP/2's preface, or anything else.
 *
 * @see RFC 9112 §3; RFC 9113 §3.4
 */
export function protocolOf(first: Uint8Array): keyof ProtocolHandlers {
  const [line = '', ...rest] = Buffer.from(first.buffer, first.byteOffset, first.length)
    .toString('latin1')
    .split('\n', 2);
  if (line.startsWith('PRI * HTTP/2.0')) return 'http2';
  const isHttp = rest.length > 0 ? /^[!-~]+ \S+ HTTP\/1\.\d\r?$/.test(line) : METHOD.test(line);
  return isHttp ? 'http1' : 'other';
}

const METHOD = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) \S/;
