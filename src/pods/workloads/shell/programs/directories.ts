import { fail, type RunProgram, splitFlags } from '../command.ts';
import { directoryProblem, writeFile } from '../files.ts';
import { pathIn, type Shell } from '../shell.ts';

const touch: RunProgram = async (run) => {
  const { args, shell } = run;
  for (const path of splitFlags(args, 'dtr').rest) {
    const absolute = pathIn(shell, path);
    if (shell.files.read(absolute) !== undefined || shell.files.isDirectory(absolute)) continue;
    const problem = writeFile(shell, absolute, new Uint8Array());
    if (problem !== undefined) return fail(run, `touch: ${path}: ${problem}`);
  }
  return 0;
};

const remove: RunProgram = async (run) => {
  const { args, shell } = run;
  const { flags, rest } = splitFlags(args);
  let exitCode = 0;
  for (const path of rest) {
    const absolute = pathIn(shell, path);
    const isPlain = !['r', 'R', 'recursive'].some((flag) => flags.has(flag));
    if (isPlain && shell.files.isDirectory(absolute)) {
      exitCode = await fail(run, `rm: '${path}' is a directory`);
      continue;
    }
    const problem = shell.files.remove(absolute);
    if (problem === undefined) continue;
    if (problem === 'No such file or directory' && flags.has('f')) continue;
    exitCode = await fail(run, `rm: can't remove '${path}': ${problem}`);
  }
  return exitCode;
};

const removeDirectory: RunProgram = async (run) => {
  const { files } = run.shell;
  for (const path of splitFlags(run.args).rest) {
    const absolute = pathIn(run.shell, path);
    const isFilled = (files.list(absolute)?.length ?? 0) > 0;
    const problem = isFilled ? 'Directory not empty' : files.remove(absolute);
    if (problem !== undefined) return fail(run, `rmdir: '${path}': ${problem}`);
  }
  return 0;
};

const mkdir: RunProgram = async (run) => {
  const { shell } = run;
  const { flags, rest } = splitFlags(run.args, 'm');
  const makesParents = flags.has('p') || flags.has('parents');
  for (const path of rest) {
    const absolute = pathIn(shell, path);
    const problem = makesParents ? undefined : mkdirProblem(shell, absolute);
    const why = problem ?? shell.files.makeDirectory(absolute);
    if (why !== undefined) return fail(run, `mkdir: can't create directory '${path}': ${why}`);
  }
  return 0;
};

/** A directory is made where there is none, in one that is there. */
function mkdirProblem(shell: Shell, path: string): string | undefined {
  const isTaken = shell.files.isDirectory(path) || shell.files.read(path) !== undefined;
  return isTaken ? 'File exists' : directoryProblem(shell, path);
}

/** Programs that make and take away files and directories. */
export const DIRECTORIES: Readonly<Record<string, RunProgram>> = {
  mkdir,
  rm: remove,
  rmdir: removeDirectory,
  touch,
};
