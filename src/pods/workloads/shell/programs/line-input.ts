import type { CommandRun } from '../command.ts';
import { pathIn } from '../shell.ts';
import { type Input, inputOf } from '../streams.ts';

/** A text as the expression that matches it. */
export function escapeText(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Basic expressions: `\(`, `\|` and `\+` mean what `(`, `|` and `+` mean in extended ones. */
export function basic(pattern: string): string {
  return classes(
    pattern.replaceAll(/\\([(){}|+?])|([(){}|+?])|\\(.)/g, (whole, special, plain) =>
      special !== undefined ? `${special}` : plain !== undefined ? `\\${plain}` : whole,
    ),
  );
}

/** Extended expressions, with the classes of POSIX. */
export function extended(pattern: string): string {
  return classes(pattern);
}

function classes(pattern: string): string {
  return pattern
    .replaceAll(/\[:(\w+):\]/g, (_, name: string) => CLASSES[name] ?? '')
    .replaceAll('\\<', '\\b')
    .replaceAll('\\>', '\\b');
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  space: '\\s',
  upper: 'A-Z',
};

/** A file, or stdin for `-`; undefined for a file that is not there. */
export function openInput({ stdin, shell }: CommandRun, path: string): Input | undefined {
  if (path === '-') return stdin;
  const content = shell.files.read(pathIn(shell, path));
  return content === undefined ? undefined : inputOf(content);
}

/** Lines of several files, without their ends; undefined for a file that is not there. */
export async function* linesOf(
  run: CommandRun,
  paths: readonly string[],
): AsyncGenerator<string | undefined> {
  for (const path of paths.length === 0 ? ['-'] : paths) {
    const input = openInput(run, path);
    if (input === undefined) yield undefined;
    else
      for (let line = await input.line(); line !== undefined; line = await input.line())
        yield line.replace(/\n$/, '');
  }
}
