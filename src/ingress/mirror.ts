import type { ClientRequest } from 'node:http';
import type { ForwardedRequest, MirrorPolicy, RouteRequest } from './route-policy.ts';
import type { MirroredBody } from './services.ts';
import type { Subrequester } from './subrequest.ts';
import { expandVariables } from './variables.ts';

const TIMEOUT_MS = 60_000;
/** Of a body, while the mirror cannot be reached yet; what is longer is not mirrored. */
const MAX_WAITING_BYTES = 1_048_576;
const NOT_PASSED: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'expect',
  'upgrade',
  'te',
  'keep-alive',
  'transfer-encoding',
]);

/** Sends copies of requests; what becomes of them concerns nobody. */
export function createMirror(
  subrequester: Subrequester,
): (routed: ForwardedRequest, request: RouteRequest) => MirroredBody | undefined {
  return ({ policy }, request) => {
    const { mirror } = policy;
    return mirror === undefined ? undefined : new Copy(subrequester, mirror, request);
  };
}

/** One request on its way to a mirror. */
class Copy implements MirroredBody {
  readonly #abort = new AbortController();
  readonly #isBodySent: boolean;
  #request: ClientRequest | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #hasEnded = false;

  constructor(subrequester: Subrequester, mirror: MirrorPolicy, request: RouteRequest) {
    this.#isBodySent = mirror.isBodySent;
    void this.#open(subrequester, mirror, request);
  }

  write(piece: Buffer): void {
    if (!this.#isBodySent || this.#abort.signal.aborted) return;
    if (this.#request !== undefined) {
      this.#request.write(piece);
      if (this.#request.writableLength > MAX_WAITING_BYTES) this.abort();
      return;
    }
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.abort();
    else this.#waiting.push(Buffer.from(piece));
  }

  end(): void {
    this.#hasEnded = true;
    this.#request?.end();
  }

  abort(): void {
    this.#waiting = [];
    this.#abort.abort();
  }

  async #open(
    subrequester: Subrequester,
    { target, host }: MirrorPolicy,
    request: RouteRequest,
  ): Promise<void> {
    try {
      const opened = await subrequester.open({
        url: new URL(expandVariables(target, { request })),
        method: request.method,
        fields: request.fields.filter((_, index) => {
          const name = (request.fields[index - (index % 2)] ?? '').toLowerCase();
          return !NOT_PASSED.has(name) && (this.#isBodySent || name !== 'content-length');
        }),
        ...(host === undefined ? {} : { host: expandVariables(host, { request }) }),
        timeoutMs: TIMEOUT_MS,
        signal: this.#abort.signal,
      });
      this.#request = opened.request;
      for (const piece of this.#waiting) opened.request.write(piece);
      this.#waiting = [];
      if (this.#hasEnded) opened.request.end();
      const response = await opened.response;
      response.resume();
    } catch {
      // A mirror that fails is no concern of the request that is mirrored.
      this.abort();
    }
  }
}
