/** Something in an object that its schema does not allow to be merged. */
export class ApplyError extends Error {
  override readonly name = 'ApplyError';
  /** As `.spec.template`; '' for the whole. */
  readonly path: string;
  readonly why: string;

  constructor(path: string, why: string) {
    super(`${path}: ${why}`);
    this.path = path;
    this.why = why;
  }
}

/** What `run` returns; an error in it is told with the element in front of its path. */
export function within<T>(element: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof ApplyError) throw new ApplyError(element + error.path, error.why);
    throw error;
  }
}
