import type { ContainerFiles } from '../../../container-files.ts';
import { type CommandRun, fail, type RunProgram, splitFlags } from '../command.ts';
import { writeFile } from '../files.ts';
import { matchesPattern } from '../pattern.ts';
import { pathIn, type Shell } from '../shell.ts';
import { readTar, type TarEntry, writeTar } from './tar.ts';

const ls: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args);
  const { files } = run.shell;
  let exitCode = 0;
  for (const path of rest.length === 0 ? ['.'] : rest) {
    const absolute = pathIn(run.shell, path);
    const names = flags.has('d') ? undefined : files.list(absolute);
    if (names !== undefined) {
      if (rest.length > 1) await run.stdout.write(`${path}:\n`);
      const shown = (flags.has('a') ? ['.', '..', ...names] : names.filter(isShown)).map(
        (name) => ({ name, path: pathIn({ directory: absolute }, name), flags }),
      );
      if (flags.has('l')) await run.stdout.write(`total ${blocksOf(shown, files)}\n`);
      for (const entry of shown) await showEntry(run, entry);
    } else if (files.read(absolute) !== undefined || files.isDirectory(absolute))
      await showEntry(run, { name: path, path: absolute, flags });
    else exitCode = await fail(run, `ls: ${path}: No such file or directory`);
  }
  return exitCode;
};

function isShown(name: string): boolean {
  return !name.startsWith('.');
}

/** Of 1 024 bytes, as a file system of pages has them. */
function blocksOf(entries: readonly Shown[], files: ContainerFiles): number {
  const pages = entries.map(({ path }) => Math.ceil((files.read(path)?.length ?? PAGE) / PAGE));
  return pages.reduce((sum, count) => sum + count * 4, 0);
}

const PAGE = 4096;

interface Shown {
  readonly name: string;
  readonly path: string;
  readonly flags: ReadonlyMap<string, string>;
}

async function showEntry(run: CommandRun, { name, path, flags }: Shown): Promise<void> {
  await run.stdout.write(`${flags.has('l') ? `${details(path, run)} ` : ''}${name}\n`);
}

function details(path: string, { shell: { files }, pod }: CommandRun): string {
  const content = files.read(path);
  const mode = content === undefined ? 'drwxr-xr-x' : '-rw-r--r--';
  const date = new Date(pod.clock.now()).toUTCString();
  return `${mode}    1 root     root     ${`${content?.length ?? PAGE}`.padStart(9)} ${date.slice(8, 11)} ${date.slice(5, 7)} ${date.slice(17, 22)}`;
}

/** All files at or below a path; a directory is told with a slash at its end. */
function below(path: string, files: ContainerFiles): readonly string[] {
  const names = files.list(path);
  if (names === undefined) return files.read(path) === undefined ? [] : [path];
  const inner = names.flatMap((name) =>
    below(path === '/' ? `/${name}` : `${path}/${name}`, files),
  );
  return [`${path}/`, ...inner];
}

const find: RunProgram = async (run) => {
  const start = run.args.findIndex((word) => word.startsWith('-'));
  const paths = start < 0 ? run.args : run.args.slice(0, start);
  const tests = start < 0 ? [] : run.args.slice(start);
  const valueOf = (name: string): string | undefined => {
    const at = tests.indexOf(name);
    return at < 0 ? undefined : tests[at + 1];
  };
  const [type, name] = [valueOf('-type'), valueOf('-name')];
  for (const path of paths.length === 0 ? ['.'] : paths) {
    const root = pathIn(run.shell, path);
    for (const found of below(root, run.shell.files)) {
      const isDirectory = found.endsWith('/');
      const plain = found.replace(/\/$/, '');
      if (type !== undefined && isDirectory !== (type === 'd')) continue;
      if (name !== undefined && !matchesPattern(plain.replace(/^.*\//, ''), name)) continue;
      await run.stdout.write(`${path}${plain.slice(root === '/' ? 0 : root.length)}\n`);
    }
  }
  return 0;
};

const copy =
  (isMove: boolean): RunProgram =>
  async (run) => {
    const { files } = run.shell;
    const { rest } = splitFlags(run.args);
    const target = pathIn(run.shell, rest.at(-1) ?? '');
    if (rest.length < 2) return fail(run, 'cp: missing file operand');
    for (const given of rest.slice(0, -1)) {
      const source = pathIn(run.shell, given);
      const found = below(source, files);
      if (found.length === 0) {
        if (!run.shell.isOfImage(source))
          return fail(run, `cp: can't stat '${given}': No such file or directory`);
        await run.stderr.write(`cp: '${given}' is of the image, and podlane runs none: skipped\n`);
      }
      const to = files.isDirectory(target) ? `${target}/${source.replace(/^.*\//, '')}` : target;
      for (const path of found) {
        const content = files.read(path);
        const place = `${to}${path.slice(source.length)}`;
        const problem =
          content === undefined
            ? files.makeDirectory(place.replace(/\/$/, ''))
            : writeFile(run.shell, place, content);
        if (problem !== undefined) return fail(run, `cp: can't create '${place}': ${problem}`);
      }
      if (isMove) files.remove(source);
    }
    return 0;
  };

const stat: RunProgram = async (run) => {
  for (const path of splitFlags(run.args, 'c').rest) {
    const absolute = pathIn(run.shell, path);
    const content = run.shell.files.read(absolute);
    if (content === undefined && !run.shell.files.isDirectory(absolute))
      return fail(run, `stat: can't stat '${path}': No such file or directory`);
    await run.stdout.write(
      `  File: ${path}\n  Size: ${content?.length ?? 4096}\t${content === undefined ? 'directory' : 'regular file'}\n`,
    );
  }
  return 0;
};

/** `tar c` and `tar x`, as `kubectl cp` calls them; `t` lists. */
const tar: RunProgram = async (run) => {
  const [mode = '', ...words] = run.args;
  const { flags, rest } = splitFlags([mode.startsWith('-') ? mode : `-${mode}`, ...words], 'fC');
  const place = {
    ...run,
    shell: { ...run.shell, directory: pathIn(run.shell, directoryOf(run.args)) },
  };
  if (!isPlace(place.shell))
    return fail(
      run,
      `tar: can't change directory to '${directoryOf(run.args)}': No such file or directory`,
    );
  const paths = rest.filter((word, index) => word !== '-C' && rest[index - 1] !== '-C');
  const given = flags.get('f') ?? '-';
  // The archive is opened before `-C` leads elsewhere.
  const file = given === '-' ? given : pathIn(run.shell, given);
  if (flags.has('z') || flags.has('j'))
    return fail(run, 'tar: podlane packs nothing: leave out z and j', 2);
  return flags.has('c') ? create(place, paths, file) : unpack(place, file, flags.has('t'));
};

function isPlace({ files, directory, isOfImage }: Shell): boolean {
  return files.isDirectory(directory) || isOfImage(directory);
}

async function unpack(run: CommandRun, file: string, isToList: boolean): Promise<number> {
  const content =
    file === '-' ? await run.stdin.all() : run.shell.files.read(pathIn(run.shell, file));
  if (content === undefined)
    return fail(run, `tar: can't open '${file}': No such file or directory`);
  try {
    const entries = readTar(Buffer.from(content));
    return isToList ? await list(run, entries) : await extract(run, entries);
  } catch (error) {
    return fail(run, error instanceof Error ? error.message : String(error), 2);
  }
}

function directoryOf(args: readonly string[]): string {
  const at = args.indexOf('-C');
  return at < 0 ? '.' : (args[at + 1] ?? '.');
}

async function create(run: CommandRun, paths: readonly string[], file: string): Promise<number> {
  const { files } = run.shell;
  const entries: TarEntry[] = [];
  const mtime = run.pod.clock.now() / 1000;
  for (const path of paths) {
    const root = pathIn(run.shell, path);
    const found = below(root, files);
    if (found.length === 0) return fail(run, `tar: ${path}: No such file or directory`);
    const head = path.replace(/^\/+/, '').replace(/\/+$/, '');
    for (const full of found) {
      const name = `${head}${full.slice(root === '/' ? 0 : root.length)}`;
      entries.push({ name, content: files.read(full) ?? new Uint8Array(), mtime });
    }
  }
  const archive = writeTar(entries);
  if (file === '-') await run.stdout.write(archive);
  else {
    const problem = writeFile(run.shell, pathIn(run.shell, file), archive);
    if (problem !== undefined) return fail(run, `tar: can't open '${file}': ${problem}`);
  }
  return 0;
}

async function list({ stdout }: CommandRun, entries: readonly TarEntry[]): Promise<number> {
  for (const { name } of entries) await stdout.write(`${name}\n`);
  return 0;
}

async function extract(run: CommandRun, entries: readonly TarEntry[]): Promise<number> {
  for (const { name, content } of entries) {
    const path = pathIn(run.shell, name.replace(/^\/+/, ''));
    const { files } = run.shell;
    // Directories on the way are made, as tar makes them.
    const problem = name.endsWith('/')
      ? files.makeDirectory(path)
      : files.write(path, Buffer.from(content));
    if (problem !== undefined) return fail(run, `tar: can't open '${name}': ${problem}`);
  }
  return 0;
}

/** Programs for files. */
export const FILES: Readonly<Record<string, RunProgram>> = {
  cp: copy(false),
  find,
  ls,
  mv: copy(true),
  stat,
  tar,
};
