import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of a file of `data/` at the package's root. @throws Error when it is not there */
export function readDataFile(name: string): string {
  // `src/api`, `dist/api` and `dist/cli`, where all code is in one folder, are two levels below the root.
  return readFileSync(join(import.meta.dirname, '../../data', name), 'utf8');
}
