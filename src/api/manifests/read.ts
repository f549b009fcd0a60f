import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseManifests, type ManifestDocument, type ParsedManifests } from './parse.ts';
import type { Problem } from './problem.ts';

/** What files, folders and standard input hold. */
export interface ReadManifests extends ParsedManifests {
  /** What each file holds, in the order in which they were read; `<stdin>` is standard input. */
  readonly texts: ReadonlyMap<string, string>;
  /** When each file was last written, in milliseconds since 1970. */
  readonly savedAt: ReadonlyMap<string, number>;
  /** The folders that were looked into. */
  readonly folders: readonly string[];
}

export interface ReadOptions {
  /** Paths without any manifest are errors. @default false */
  readonly isStrict?: boolean;
  /** Where `-` is read from. @default the process's standard input */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/** How problems name what came from standard input. */
export const STDIN = '<stdin>';

const MANIFEST = new Set(['.yaml', '.yml', '.json']);

/** Files that make a folder something other than plain manifests, and how to make those of it. */
const TOOLS: readonly { readonly files: readonly string[]; readonly command: string }[] = [
  {
    files: ['kustomization.yaml', 'kustomization.yml', 'Kustomization'],
    command: 'kubectl kustomize',
  },
  { files: ['Chart.yaml'], command: 'helm template' },
];

/**
 * Reads manifests from files, folders (with all that is below them) and `-`, standard input.
 *
 * In folders `.yaml`, `.yml` and `.json` files are read in order of their names; hidden ones are not. What cannot be read is
 * a problem like any other; this never throws for the sake of a path.
 */
export async function readManifests(
  paths: readonly string[],
  options: ReadOptions = {},
): Promise<ReadManifests> {
  const reading: Reading = {
    documents: [],
    problems: [],
    texts: new Map(),
    savedAt: new Map(),
    folders: [],
    seen: new Set(),
    emptiness: options.isStrict === true ? 'error' : 'warning',
  };
  for (const path of paths) {
    if (path === '-') await readStdin(reading, options);
    else readPath(path, reading);
  }
  const { seen: _, emptiness: _severity, ...read } = reading;
  return read;
}

interface Reading {
  readonly documents: ManifestDocument[];
  readonly problems: Problem[];
  readonly texts: Map<string, string>;
  readonly savedAt: Map<string, number>;
  readonly folders: string[];
  /** Real paths: links lead to the same file, and round in circles. */
  readonly seen: Set<string>;
  /** What a path without manifests is. */
  readonly emptiness: Problem['severity'];
}

async function readStdin(reading: Reading, { stdin = process.stdin }: ReadOptions): Promise<void> {
  if (reading.seen.has('-')) return;
  reading.seen.add('-');
  const written = await text(stdin);
  reading.texts.set(STDIN, written);
  const read = parseManifests(written, STDIN);
  reading.documents.push(...read.documents);
  reading.problems.push(...read.problems);
  if (read.documents.length === 0 && read.problems.length === 0)
    problem(reading, reading.emptiness, {
      path: STDIN,
      message: 'standard input holds no manifests',
    });
}

function readPath(path: string, reading: Reading): void {
  try {
    if (isNew(path, reading)) {
      if (statSync(path).isDirectory()) readGivenFolder(path, reading);
      else readFile(path, reading, false);
    }
  } catch (error) {
    problem(reading, 'error', { path, ...describeFailure(error) });
  }
}

/** @throws the system's error when there is no such path. */
function isNew(path: string, { seen }: Reading): boolean {
  const real = realpathSync(path);
  if (seen.has(real)) return false;
  seen.add(real);
  return true;
}

function readGivenFolder(path: string, reading: Reading): void {
  const before = reading.texts.size + reading.problems.length;
  readFolder(path, reading);
  if (reading.texts.size + reading.problems.length > before) return;
  problem(reading, reading.emptiness, {
    path,
    message: 'no manifests in this folder',
    hint: 'Manifests are files that end in .yaml, .yml or .json.',
  });
}

function readFolder(path: string, reading: Reading): void {
  reading.folders.push(path);
  const entries = readdirSync(path).toSorted();
  const tool = TOOLS.find(({ files }) => files.some((file) => entries.includes(file)));
  if (tool !== undefined) {
    problem(reading, 'error', toolProblem(path, tool.command));
    return;
  }
  for (const entry of entries) {
    if (entry.startsWith('.') || entry === 'node_modules') continue;
    readEntry(join(path, entry), reading);
  }
}

function readEntry(path: string, reading: Reading): void {
  try {
    const stats = statSync(path);
    const isManifest = stats.isFile() && MANIFEST.has(extname(path));
    if (!(stats.isDirectory() || isManifest) || !isNew(path, reading)) return;
    if (stats.isDirectory()) readFolder(path, reading);
    else readFile(path, reading, true);
  } catch (error) {
    problem(reading, 'error', { path, ...describeFailure(error) });
  }
}

function readFile(path: string, reading: Reading, isInFolder: boolean): void {
  const tool = TOOLS.find(({ files }) => files.includes(basename(path)));
  if (tool !== undefined) {
    problem(reading, 'error', toolProblem(path, tool.command));
    return;
  }
  const bytes = readFileSync(path);
  const written = bytes.toString('utf8');
  reading.texts.set(path, written);
  reading.savedAt.set(path, statSync(path).mtimeMs);
  const wrong = whyNotText(bytes);
  if (wrong !== undefined) {
    problem(reading, 'error', { path, ...wrong });
    return;
  }
  const read = parseManifests(written, path);
  if (isInFolder && isOtherFile(read)) {
    // Folders hold package.json and the like, and it is no news that they are no manifests.
    if (extname(path) === '.json') return;
    problem(reading, 'warning', {
      path,
      message: 'no object in this file has apiVersion and kind; it is left out',
    });
    return;
  }
  reading.documents.push(...read.documents);
  reading.problems.push(...read.problems);
  if (!isInFolder && read.documents.length + read.problems.length === 0)
    problem(reading, reading.emptiness, { path, message: 'no manifests in this file' });
}

/** Whether nothing in the file wants to be an API object. */
function isOtherFile({ documents, problems }: ParsedManifests): boolean {
  return (
    documents.length === 0 &&
    problems.length > 0 &&
    problems.every(({ message }) =>
      /^apiVersion not set, kind not set$|^expected an object with/.test(message),
    )
  );
}

function whyNotText(bytes: Uint8Array): { message: string; hint: string } | undefined {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return { message: 'this is UTF-16', hint: 'Save it as UTF-8.' };
  if (bytes.includes(0))
    return { message: 'this is a binary file', hint: 'Manifests are text: YAML or JSON.' };
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return undefined;
  } catch {
    // The decoder says no more than that.
    return { message: 'this is not UTF-8', hint: 'Save it as UTF-8.' };
  }
}

interface PathProblem {
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

function toolProblem(path: string, command: string): PathProblem {
  const folder = MANIFEST.has(extname(path)) ? join(path, '..') : path;
  const made = command === 'helm template' ? 'a Helm chart' : 'a kustomization';
  return {
    path,
    message: `this is ${made}, and podlane reads plain manifests`,
    hint: `Run \`${command} ${folder} | podlane up -\`.`,
  };
}

function problem(
  { problems }: Reading,
  severity: Problem['severity'],
  { path, message, hint }: PathProblem,
): void {
  problems.push({
    severity,
    message,
    position: { file: path, line: 1, column: 1 },
    ...(hint === undefined ? {} : { hint }),
  });
}

function describeFailure(error: unknown): { message: string; hint?: string } {
  // System errors carry a code; the cast only reads it.
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return {
        message: 'no such file or folder',
        hint: 'Check the path: it is taken from the folder that the command runs in.',
      };
    case 'EACCES':
    case 'EPERM':
      return {
        message: 'no permission to read this',
        hint: 'Make it readable for this user (`chmod +r`, and `+x` for its folders).',
      };
    case 'ELOOP':
      return { message: 'symbolic links that lead in a circle', hint: 'Remove one of the links.' };
    case undefined:
    default:
      return { message: `cannot be read: ${message}` };
  }
}
