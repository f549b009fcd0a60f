/** Every exchange ends so; an error of its own, with its stack, would cost each of them. */
const ENDED = new Error('the exchange is over');

/** The end of an exchange, for those few who wait for it: most are over before anybody asks. */
export class Ending {
  #controller: AbortController | undefined;
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Aborted at the end. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isOver) this.#controller.abort(ENDED);
    }
    return this.#controller.signal;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.abort(ENDED);
  }
}
