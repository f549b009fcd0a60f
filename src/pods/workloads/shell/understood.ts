import { baseName, isShell, scriptOf } from './command.ts';
import { SHELL_COMMANDS } from './commands.ts';
import { parseScript } from './parse-script.ts';
import { type Command, type Compound, literalOf, type Script, type Word } from './script.ts';

/** Whether every program of a script is known here, and each knows what its words ask for. */
export function isUnderstood(script: Script): boolean {
  return firstUnknown(script) === undefined;
}

/** The first program of a script that is not known here, or not with its words; undefined where all are. */
export function firstUnknown(script: Script): string | undefined {
  const [unknown] = unknownInScript(script, functionsOf(script));
  return unknown;
}

type Names = ReadonlySet<string>;
type Unknown = Generator<string, void>;

/** What the script itself defines, at its top. */
function functionsOf(script: Script): Names {
  const commands = script.flatMap(({ pipelines }) =>
    pipelines.flatMap((pipeline) => pipeline.commands),
  );
  return new Set(
    commands.flatMap((command) => (command.kind === 'function' ? [command.name] : [])),
  );
}

function* unknownInScript(script: Script, functions: Names): Unknown {
  for (const { pipelines } of script)
    for (const { commands } of pipelines)
      for (const command of commands) yield* unknownInCommand(command, functions);
}

function* unknownInCommand(command: Command, functions: Names): Unknown {
  switch (command.kind) {
    case 'simple':
      yield* unknownInProgram(command.words, functions);
      for (const { value } of command.assignments) yield* unknownInWord(value, functions);
      for (const { target } of command.redirects) yield* unknownInWord(target, functions);
      return;
    case 'function':
      yield* unknownInCommand(command.body, functions);
      return;
    case 'compound':
      yield* unknownInCompound(command.command, functions);
      for (const { target } of command.redirects) yield* unknownInWord(target, functions);
      return;
    default:
      command satisfies never;
  }
}

function* unknownInCompound(command: Compound, functions: Names): Unknown {
  switch (command.kind) {
    case 'loop':
      yield* unknownInScript(command.condition, functions);
      yield* unknownInScript(command.body, functions);
      return;
    case 'for':
      for (const word of command.words ?? []) yield* unknownInWord(word, functions);
      yield* unknownInScript(command.body, functions);
      return;
    case 'if':
      for (const { condition, body } of command.branches) {
        yield* unknownInScript(condition, functions);
        yield* unknownInScript(body, functions);
      }
      yield* unknownInScript(command.otherwise, functions);
      return;
    case 'case':
      yield* unknownInWord(command.subject, functions);
      for (const { body } of command.choices) yield* unknownInScript(body, functions);
      return;
    case 'group':
    case 'subshell':
      yield* unknownInScript(command.body, functions);
      return;
    default:
      command satisfies never;
  }
}

function* unknownInProgram([name, ...args]: readonly Word[], functions: Names): Unknown {
  if (name === undefined) return;
  const program = literalOf(name);
  if (program === undefined) {
    yield 'what a variable names';
    return;
  }
  for (const word of args) yield* unknownInWord(word, functions);
  if (functions.has(program)) return;
  const words = args.map(literalOf);
  const known = SHELL_COMMANDS.get(baseName(program));
  if (isShell(program)) yield* unknownInShell(program, words, functions);
  else if (known === undefined) yield program;
  else {
    const unknown = known.unknownOf?.(words);
    if (unknown !== undefined) yield unknown;
  }
}

/** `sh -c SCRIPT` within a script. */
function* unknownInShell(
  program: string,
  args: readonly (string | undefined)[],
  functions: Names,
): Unknown {
  const words = args.filter((word) => word !== undefined);
  const given = words.length === args.length ? scriptOf(words) : undefined;
  const script = given && parseScript(given.text);
  if (script === undefined) yield [program, ...words].join(' ');
  else yield* unknownInScript(script, functions);
}

function* unknownInWord(word: Word, functions: Names): Unknown {
  for (const part of word) {
    if (part.kind === 'output') yield* unknownInScript(part.script, functions);
    else if (part.kind === 'arithmetic') yield* unknownInWord(part.expression, functions);
    else if (part.kind !== 'text') yield* unknownInWord(part.operand, functions);
  }
}
