/** A signal that fires after a while, unless disposed first. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
}

/** As `AbortSignal.timeout`, which does not keep a process alive that has nothing else to wait for. */
export function timeLimit(limitMs: number): TimeLimit {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  return { signal: limit.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
