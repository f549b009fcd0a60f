/** One thing in an object that its schema does not allow. */
export interface TypeProblem {
  /** As `.spec.template`; '' for the whole. */
  readonly path: string;
  readonly why: string;
}

/** What in an object its schema does not allow to be merged. */
export class ApplyError extends Error {
  override readonly name = 'ApplyError';

  constructor(problems: readonly TypeProblem[]) {
    const lines = problems.map(({ path, why }) => (path === '' ? why : `${path}: ${why}`));
    super(lines.length === 1 ? lines[0] : ['errors:', ...lines].join('\n  '));
  }
}
