/** How long a request waits for others in all; @see kube-apiserver `--request-timeout` */
const REQUEST_TIMEOUT_MS = 60_000;
/** How often a write begins anew because its object was changed while others were asked. */
const MAX_TRIES = 5;

/** How long, and how often, the webhooks of one request are asked. */
export class Patience {
  /** Rounds of webhooks that may still begin. */
  triesLeft: number = MAX_TRIES;
  readonly #client: { readonly signal: AbortSignal } | undefined;
  #signal: AbortSignal | undefined;

  /** @param client Whose signal ends the waiting, too. */
  constructor(client?: { readonly signal: AbortSignal }) {
    this.#client = client;
  }

  /** Aborted when there is no use in asking any longer; its time begins when it is first asked for. */
  get signal(): AbortSignal {
    const timeout = (): AbortSignal => AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    this.#signal ??=
      this.#client === undefined ? timeout() : AbortSignal.any([this.#client.signal, timeout()]);
    return this.#signal;
  }

  /** For the next object of the same request. */
  renewTries(): this {
    this.triesLeft = MAX_TRIES;
    return this;
  }
}
