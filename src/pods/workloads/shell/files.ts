import type { FileProblem } from '../../container-files.ts';
import type { OpenedFile } from '../../file-table.ts';
import type { Shell } from './shell.ts';

/** Opens a file to write to; its directory must be there, or may be the image's. @returns or why it cannot be */
export function openToWrite(
  shell: Shell,
  path: string,
  isAppending: boolean,
): OpenedFile | FileProblem {
  return directoryProblem(shell, path) ?? shell.files.open(path, isAppending);
}

/** @returns why the file is not written */
export function writeFile(
  shell: Shell,
  path: string,
  content: Uint8Array,
): FileProblem | undefined {
  return directoryProblem(shell, path) ?? shell.files.write(path, content);
}

/** Whether nothing can be put at the path, as there is no directory for it. */
export function directoryProblem(shell: Shell, path: string): FileProblem | undefined {
  const parent = path.replace(/\/[^/]*$/, '') || '/';
  const isThere = shell.files.isDirectory(parent) || shell.isOfImage(parent);
  return isThere ? undefined : 'No such file or directory';
}
