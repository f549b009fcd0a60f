import { expandText, type Substitute } from './expand.ts';
import type { Redirect } from './script.ts';
import { pathIn, type Shell } from './shell.ts';
import {
  Capture,
  type Input,
  inputOf,
  NO_INPUT,
  NO_OUTPUT,
  type Output,
  type Streams,
} from './streams.ts';

const MAX_FILE = 1024 * 1024;

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
  if (redirects.length === 0) return streams;
  let { stdin, stdout, stderr } = streams;
  const fail = async (path: string, why: string): Promise<undefined> => {
    await streams.stderr.write(`sh: can't ${why} ${path}\n`);
  };
  for (const { kind, stream, target } of redirects) {
    const text = await expandText(target, shell, substitute);
    if (kind === 'here') stdin = inputOf(text);
    else if (kind === 'read') {
      const opened = openInput(text, shell);
      if (opened === undefined) return fail(text, 'open');
      stdin = opened;
    } else if (kind === 'merge') {
      if (stream === 2) stderr = text === '1' ? stdout : stderr;
      else stdout = text === '2' ? stderr : stdout;
    } else {
      const special = SPECIAL[text]?.({ stdin, stdout, stderr });
      const file = special ?? openFile(pathIn(shell, text), shell, kind === 'append');
      if (file === undefined) return fail(text, 'create');
      if (stream !== 2) stdout = file;
      if (stream !== 1) stderr = file;
    }
  }
  return { stdin, stdout, stderr };
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
function openFile(path: string, { files }: Shell, isAppending: boolean): Output | undefined {
  const collected = new Capture(MAX_FILE);
  if (isAppending) collected.write(files.read(path) ?? '');
  if (!files.write(path, collected.bytes())) return undefined;
  return {
    write: (bytes) => {
      collected.write(bytes);
      files.write(path, collected.bytes());
    },
  };
}
