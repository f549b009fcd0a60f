/** Throws `error` again once the present work is done: nobody here can handle it, and it must not go unseen. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    // Whatever was thrown is thrown again as it is.
    // oxlint-disable-next-line typescript/only-throw-error
    throw error;
  });
}
