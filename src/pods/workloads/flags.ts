import type { ContainerContext } from '../workload.ts';

/** Command line flags, as Go programs read them: `--name=value`, `--name value`, `-name`. */
export interface Flags {
  readonly values: ReadonlyMap<string, string>;
  /** What is no flag. */
  readonly rest: readonly string[];
}

/** @param switches Names of flags that take no value of their own. */
export function parseFlags(words: readonly string[], switches: readonly string[] = []): Flags {
  const values = new Map<string, string>();
  const rest: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const match = /^--?([^=]+)(?:=(.*))?$/s.exec(word);
    const [, name = '', given] = match ?? [];
    const next = words[index + 1];
    if (match === null) rest.push(word);
    else if (given !== undefined) values.set(name, given);
    else if (switches.includes(name) || next === undefined || next.startsWith('-'))
      values.set(name, 'true');
    else {
      values.set(name, next);
      index += 1;
    }
  }
  return { values, rest };
}

/** The flag as a number; `fallback` when it is absent or none. */
export function numberFlag({ values }: Flags, name: string, fallback: number): number {
  return numberOf(values.get(name), fallback);
}

/** Whether a switch is on. */
export function isOn({ values }: Flags, name: string): boolean {
  return /^(?:true|1|t)$/i.test(values.get(name) ?? '');
}

/** `text` as a number; `fallback` when it is absent or none. */
export function numberOf(text: string | undefined, fallback: number): number {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : fallback;
}

/** The words after the program's own name, however `command` and `args` share them. */
export function programArgs(
  { command, args }: Pick<ContainerContext, 'args' | 'command'>,
  program: string,
): readonly string[] {
  const words = [...command, ...args];
  const isNamed = command.length > 0 && (words[0] ?? '').replace(/^.*\//, '') === program;
  return isNamed ? words.slice(1) : words;
}
