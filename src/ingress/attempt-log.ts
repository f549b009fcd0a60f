import type { Attempt } from './request-record.ts';

/** The tries of one request, timed where somebody listens. */
export class AttemptLog {
  readonly #isKept: boolean;
  #past: Attempt[] | undefined;
  #endpoint: string | undefined;
  #startedAt = 0;
  #connectedAt = 0;
  #headAt = 0;
  #status: number | undefined;

  constructor(isKept: boolean) {
    this.#isKept = isKept;
  }

  begin(endpoint: string): void {
    if (!this.#isKept) return;
    if (this.#endpoint !== undefined) this.end(0);
    this.#endpoint = endpoint;
    this.#startedAt = performance.now();
    this.#connectedAt = 0;
    this.#headAt = 0;
    this.#status = undefined;
  }

  connected(): void {
    if (this.#isKept) this.#connectedAt = performance.now();
  }

  answered(status: number): void {
    if (!this.#isKept) return;
    this.#status = status;
    this.#headAt = performance.now();
  }

  /** A try is over. @param responseBytes Of the body that came. */
  end(responseBytes: number): void {
    if (this.#endpoint === undefined) return;
    const now = performance.now();
    const since = (at: number): number => (at === 0 ? now : at) - this.#startedAt;
    this.#past ??= [];
    this.#past.push({
      endpoint: this.#endpoint,
      status: this.#status,
      responseBytes,
      connectMs: since(this.#connectedAt),
      headMs: since(this.#headAt),
      totalMs: now - this.#startedAt,
    });
    this.#endpoint = undefined;
  }

  /** Since the try began; 0 where nothing is timed. */
  get elapsedMs(): number {
    return this.#startedAt === 0 ? 0 : performance.now() - this.#startedAt;
  }

  get attempts(): readonly Attempt[] {
    return this.#past ?? [];
  }
}
