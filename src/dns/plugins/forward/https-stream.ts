import { connect, type ClientHttp2Session } from 'node:http2';
import { createSecureContext, type SecureContext } from 'node:tls';
import { PodlaneError } from '../../../net/index.ts';
import type { ExchangeOptions, Transport } from './exchange.ts';
import type { TlsStreamOptions } from './tls-stream.ts';
import { formatUpstream } from './upstream.ts';

export interface HttpsStreamOptions extends TlsStreamOptions {
  /** @default POST */
  readonly method: 'GET' | 'POST';
}

const PATH = '/dns-query';
const MEDIA_TYPE = 'application/dns-message';
const EXPIRE_MS = 10_000;
/** A DNS message has no more octets. */
const MAX_OCTETS = 65_535;

/**
 * Opens ways to upstreams over HTTPS: HTTP/2, one session for all messages.
 *
 * @see RFC 8484
 */
export function createHttpsStreams(
  options: HttpsStreamOptions,
): (exchange: ExchangeOptions, serverName: string | undefined) => Transport {
  const { method, ...credentials } = options;
  const secureContext = createSecureContext({ ...credentials, minVersion: 'TLSv1.2' });
  return (exchange, serverName) =>
    new HttpsTransport(exchange, { method, secureContext, serverName });
}

interface HttpsWay {
  readonly method: 'GET' | 'POST';
  readonly secureContext: SecureContext;
  readonly serverName: string | undefined;
}

class HttpsTransport implements Transport {
  readonly #options: ExchangeOptions;
  readonly #way: HttpsWay;
  #session: ClientHttp2Session | undefined;
  #expiry: Disposable | undefined;
  #waiting = 0;

  constructor(options: ExchangeOptions, way: HttpsWay) {
    this.#options = options;
    this.#way = way;
  }

  readonly exchange = async (message: Buffer, timeoutMs: number): Promise<Buffer> => {
    // The same question is the same bytes, so that caches of HTTP know it. @see RFC 8484 §4.1
    message.writeUInt16BE(0, 0);
    const { clock, onLine } = this.#options;
    onLine?.(this.#session !== undefined);
    const session = (this.#session ??= this.#open());
    this.#expiry?.[Symbol.dispose]();
    this.#waiting += 1;
    session.ref();
    const abort = new AbortController();
    using _timer = clock.setTimer(timeoutMs, () => abort.abort());
    try {
      return await this.#ask(session, message, abort.signal);
    } catch (error) {
      if (error instanceof PodlaneError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw this.#error(abort.signal.aborted ? `no answer within ${timeoutMs} ms` : reason);
    } finally {
      this.#waiting -= 1;
      this.#rest(session);
    }
  };

  [Symbol.dispose](): void {
    this.#expiry?.[Symbol.dispose]();
    this.#session?.destroy();
    this.#session = undefined;
  }

  #open(): ClientHttp2Session {
    const { secureContext, serverName } = this.#way;
    const session = connect(`https://${formatUpstream(this.#options.upstream)}`, {
      secureContext,
      ...(serverName !== undefined && { servername: serverName }),
    });
    const forget = (): void => {
      if (this.#session === session) this.#session = undefined;
    };
    // Whoever waits on a stream of it is told there.
    session.on('error', forget);
    session.on('goaway', forget);
    session.on('close', forget);
    return session;
  }

  async #ask(session: ClientHttp2Session, message: Buffer, signal: AbortSignal): Promise<Buffer> {
    const { method, serverName } = this.#way;
    const isGet = method === 'GET';
    const stream = session.request(
      {
        ':method': method,
        ':path': isGet ? `${PATH}?dns=${message.toString('base64url')}` : PATH,
        ...(serverName !== undefined && { ':authority': serverName }),
        accept: MEDIA_TYPE,
        ...(!isGet && { 'content-type': MEDIA_TYPE }),
      },
      { signal },
    );
    let status = 0;
    stream.on('response', (headers) => (status = headers[':status'] ?? 0));
    stream.end(isGet ? undefined : message);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_OCTETS) throw this.#error('a reply that is no DNS message');
    }
    if (status !== 200) throw this.#error(`HTTP status ${status}`);
    return Buffer.concat(chunks);
  }

  /** Lets the process go, and in a while the session, when nobody waits on it. */
  #rest(session: ClientHttp2Session): void {
    if (this.#waiting > 0 || session.destroyed) return;
    session.unref();
    const { clock, expireMs = EXPIRE_MS } = this.#options;
    if (expireMs === 0) return;
    this.#expiry = clock.setTimer(expireMs, () => session.close());
  }

  #error(what: string): PodlaneError {
    const { upstream } = this.#options;
    return new PodlaneError('ERR_DNS_UPSTREAM', `upstream ${formatUpstream(upstream)}: ${what}`);
  }
}
