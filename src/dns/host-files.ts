import { globSync, readFileSync, statSync } from 'node:fs';
import type { Files, ImportFiles } from './corefile/index.ts';

/** The host's own files. */
export const HOST_FILES: Files & ImportFiles = {
  read: (path) => readFileSync(path, 'utf8'),
  modifiedAtMs: (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs,
  glob: (pattern) => globSync(pattern).toSorted(),
};
