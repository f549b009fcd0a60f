/** What became of a promise, to be looked at later: it returns or throws as that did. */
export async function outcomeOf<T>(promise: Promise<T>): Promise<() => T> {
  try {
    const value = await promise;
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** Lets everybody go on who waits. */
export function release(waiting: (() => void)[]): void {
  for (const resolve of waiting.splice(0)) resolve();
}
