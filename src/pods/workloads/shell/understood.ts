import { baseName, isShell } from './command.ts';
import { SHELL_COMMANDS } from './commands.ts';
import { parseScript } from './parse-script.ts';
import {
  type Command,
  type Compound,
  literalOf,
  type Redirect,
  type Script,
  type Word,
} from './script.ts';
import { scriptOf } from './script-of.ts';

/** Whether every program of a script is known here, and each knows what its words ask for. */
export function isUnderstood(script: Script): boolean {
  return isKnownScript(script, functionsOf(script));
}

type Names = ReadonlySet<string>;

/** What the script itself defines, at its top. */
function functionsOf(script: Script): Names {
  const commands = script.flatMap(({ pipelines }) =>
    pipelines.flatMap((pipeline) => pipeline.commands),
  );
  return new Set(
    commands.flatMap((command) => (command.kind === 'function' ? [command.name] : [])),
  );
}

function isKnownScript(script: Script, functions: Names): boolean {
  return script.every(({ pipelines }) =>
    pipelines.every(({ commands }) =>
      commands.every((command) => isKnownCommand(command, functions)),
    ),
  );
}

function isKnownCommand(command: Command, functions: Names): boolean {
  switch (command.kind) {
    case 'simple':
      return (
        isKnownProgram(command.words, functions) &&
        command.assignments.every(({ value }) => isKnownWord(value, functions)) &&
        areKnownRedirects(command.redirects, functions)
      );
    case 'function':
      return isKnownCommand(command.body, functions);
    case 'compound':
      return (
        isKnownCompound(command.command, functions) &&
        areKnownRedirects(command.redirects, functions)
      );
    default:
      return command satisfies never;
  }
}

function areKnownRedirects(redirects: readonly Redirect[], functions: Names): boolean {
  return redirects.every(({ target }) => isKnownWord(target, functions));
}

function isKnownCompound(command: Compound, functions: Names): boolean {
  const knows = (script: Script): boolean => isKnownScript(script, functions);
  switch (command.kind) {
    case 'loop':
      return knows(command.condition) && knows(command.body);
    case 'for':
      return (
        (command.words ?? []).every((word) => isKnownWord(word, functions)) && knows(command.body)
      );
    case 'if':
      return (
        knows(command.otherwise) &&
        command.branches.every(({ condition, body }) => knows(condition) && knows(body))
      );
    case 'case':
      return (
        isKnownWord(command.subject, functions) && command.choices.every(({ body }) => knows(body))
      );
    case 'group':
    case 'subshell':
      return knows(command.body);
    default:
      return command satisfies never;
  }
}

function isKnownProgram([name, ...args]: readonly Word[], functions: Names): boolean {
  if (name === undefined) return true;
  const program = literalOf(name);
  if (program === undefined || !args.every((word) => isKnownWord(word, functions))) return false;
  if (functions.has(program)) return true;
  if (isShell(program)) return isKnownInner(args.map(literalOf), functions);
  const known = SHELL_COMMANDS.get(baseName(program));
  return known !== undefined && (known.supports?.(args.map(literalOf)) ?? true);
}

/** `sh -c SCRIPT` within a script. */
function isKnownInner(args: readonly (string | undefined)[], functions: Names): boolean {
  const words = args.filter((word) => word !== undefined);
  const given = words.length === args.length ? scriptOf(words) : undefined;
  const script = given && parseScript(given.text);
  return script !== undefined && isKnownScript(script, functions);
}

function isKnownWord(word: Word, functions: Names): boolean {
  return word.every((part) => {
    if (part.kind === 'output') return isKnownScript(part.script, functions);
    if (part.kind === 'arithmetic') return isKnownWord(part.expression, functions);
    return part.kind === 'text' || isKnownWord(part.operand, functions);
  });
}
