import { checkManifests, type CheckOptions } from './check.ts';
import { lintManifests, type LintOptions } from './lint/index.ts';
import type { Problem } from './problem.ts';
import { readManifests, type ReadManifests, type ReadOptions } from './read.ts';

/** How manifests are read, checked and judged. */
export interface LoadOptions extends ReadOptions, CheckOptions, LintOptions {}

/** Manifests that have been read, decoded as the API server would, and looked over. */
export interface LoadedManifests extends ReadManifests {
  /** Whether a problem is an error, so that nothing may be applied. */
  readonly hasErrors: boolean;
  /** What is known of each document alone. */
  readonly found: ReadManifests['problems'];
  /** The documents are looked over together when this is first read: warnings can wait, what is served cannot. */
  readonly problems: ReadManifests['problems'];
}

/** Reads manifests and finds everything about them that can be known before they are applied. */
export async function loadManifests(
  paths: readonly string[],
  options: LoadOptions = {},
): Promise<LoadedManifests> {
  const read = await readManifests(paths, options);
  const checked = checkManifests(read.documents, options);
  const found = [...read.problems, ...checked.problems];
  const hasErrors = found.some(({ severity }) => severity === 'error');
  let problems: readonly Problem[] | undefined;
  return {
    ...read,
    ...checked,
    hasErrors,
    found,
    get problems() {
      // Half a set of manifests would be warned about for what the other half has.
      problems ??= hasErrors ? found : [...found, ...lintManifests(checked.documents, options)];
      return problems;
    },
  };
}
