import { expandText, type Substitute } from './expand.ts';
import { openToWrite } from './files.ts';
import type { Redirect } from './script.ts';
import { pathIn, type Shell } from './shell.ts';
import {
  DiskFull,
  type Input,
  inputOf,
  NO_INPUT,
  NO_OUTPUT,
  type Output,
  type Streams,
} from './streams.ts';

/**
 * Carries redirects out, from left to right.
 *
 * @returns undefined when one cannot be; that was said on stderr.
 */
export async function openRedirects(
  redirects: readonly Redirect[],
  streams: Streams,
  [shell, substitute]: readonly [Shell, Substitute],
): Promise<Streams | undefined> {
  let now = streams;
  for (const redirect of redirects) {
    const text = await expandText(redirect.target, shell, substitute);
    const next = redirected(redirect, text, { shell, streams: now });
    if (typeof next === 'string') {
      const what = redirect.kind === 'read' ? 'open' : 'create';
      await streams.stderr.write(`sh: can't ${what} ${text}: ${next}\n`);
      return undefined;
    }
    now = next;
  }
  return now;
}

interface Redirecting {
  readonly shell: Shell;
  readonly streams: Streams;
}

/** @returns why the file cannot be opened, where it cannot. */
function redirected(
  { kind, stream }: Redirect,
  text: string,
  { shell, streams }: Redirecting,
): Streams | string {
  switch (kind) {
    case 'here':
      return { ...streams, stdin: inputOf(text) };
    case 'read': {
      const stdin = openInput(text, shell);
      return stdin === undefined ? 'no such file' : { ...streams, stdin };
    }
    case 'merge':
      if (stream === 2) return text === '1' ? { ...streams, stderr: streams.stdout } : streams;
      return text === '2' ? { ...streams, stdout: streams.stderr } : streams;
    case 'append':
    case 'write':
      return toFile({ kind, stream }, text, { shell, streams });
    default:
      return kind satisfies never;
  }
}

function toFile(
  { kind, stream }: Pick<Redirect, 'kind' | 'stream'>,
  text: string,
  { shell, streams }: Redirecting,
): Streams | string {
  const special = SPECIAL[text]?.(streams);
  const file = special ?? openFile(pathIn(shell, text), shell, kind === 'append');
  if (typeof file === 'string') return file;
  return {
    ...streams,
    ...(stream !== 2 && { stdout: file }),
    ...(stream !== 1 && { stderr: file }),
  };
}

const SPECIAL: Readonly<Record<string, (streams: Streams) => Output>> = {
  '/dev/null': () => NO_OUTPUT,
  '/dev/stdout': ({ stdout }) => stdout,
  '/dev/stderr': ({ stderr }) => stderr,
  '/proc/1/fd/1': ({ stdout }) => stdout,
};

function openInput(path: string, shell: Shell): Input | undefined {
  if (path === '/dev/null') return NO_INPUT;
  const content = shell.files.read(pathIn(shell, path));
  return content === undefined ? undefined : inputOf(content);
}

/** What is written shows at once, as others may read the file meanwhile. */
function openFile(path: string, shell: Shell, isAppending: boolean): Output | string {
  const file = openToWrite(shell, path, isAppending);
  if (file === 'No such file or directory') return 'nonexistent directory';
  if (typeof file === 'string') return file;
  return {
    write: (bytes) => {
      if (!file.append(Buffer.from(bytes))) throw new DiskFull();
    },
  };
}
