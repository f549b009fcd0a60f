import { isPattern, matchesPattern, trimPattern } from './pattern.ts';
import { literalOf, type Script, type Word, type WordPart } from './script.ts';
import { pathIn, type Shell, ShellExit } from './shell.ts';

/** Runs the script of a `$(…)`. @returns what it prints. */
export type Substitute = (script: Script) => Promise<string>;

/** Fields of the words: expanded, split at blanks where unquoted, and matched against the files. */
export async function expandAll(
  words: readonly Word[],
  shell: Shell,
  substitute: Substitute,
): Promise<readonly string[]> {
  const expanded: string[] = [];
  for (const word of words) {
    const literal = literalOf(word);
    const isQuoted = word.some((part) => part.kind === 'text' && part.isQuoted);
    if (literal !== undefined && (isQuoted || !isPattern(literal))) expanded.push(literal);
    else expanded.push(...(await fieldsOf(word, shell, substitute)));
  }
  return expanded;
}

/** The word as one text: nothing is split. */
export async function expandText(
  word: Word,
  shell: Shell,
  substitute: Substitute,
): Promise<string> {
  let text = '';
  for (const part of word) text += await valueOf(part, shell, substitute);
  return text;
}

/** As `expandText`, with what is quoted escaped, so that it matches itself alone. */
export async function expandPattern(
  word: Word,
  shell: Shell,
  substitute: Substitute,
): Promise<string> {
  let text = '';
  for (const part of word) {
    const value = await valueOf(part, shell, substitute);
    text += part.isQuoted ? value.replaceAll(/[\\*?[\]]/g, '\\$&') : value;
  }
  return text;
}

/** A field that grows; a quoted part makes it one even when it is empty. */
interface Fields {
  readonly done: Field[];
  open: Field | undefined;
}

interface Field {
  text: string;
  /** What of it was not quoted, which may be a pattern. */
  bare: string;
}

async function fieldsOf(
  word: Word,
  shell: Shell,
  substitute: Substitute,
): Promise<readonly string[]> {
  const fields: Fields = { done: [], open: undefined };
  for (const part of word) {
    if (part.kind === 'variable' && part.name === '@' && part.isQuoted) {
      addAll(fields, shell.positional.slice(1));
      continue;
    }
    const value = await valueOf(part, shell, substitute);
    if (part.isQuoted || part.kind === 'text') grow(fields, value, part.isQuoted ? '' : value);
    else split(fields, value);
  }
  if (fields.open !== undefined) fields.done.push(fields.open);
  return fields.done.flatMap(({ text, bare }) => (isPattern(bare) ? filesLike(text, shell) : text));
}

function grow(fields: Fields, text: string, bare: string): void {
  fields.open ??= { text: '', bare: '' };
  fields.open.text += text;
  fields.open.bare += bare;
}

/** Each is a field of its own; the first and the last join what is beside them. */
function addAll(fields: Fields, values: readonly string[]): void {
  for (const [index, value] of values.entries()) {
    if (index > 0) close(fields);
    grow(fields, value, '');
  }
}

function close(fields: Fields): void {
  if (fields.open !== undefined) fields.done.push(fields.open);
  fields.open = undefined;
}

function split(fields: Fields, value: string): void {
  if (value === '') return;
  if (/^\s/.test(value)) close(fields);
  for (const [index, piece] of value.trim().split(/\s+/).entries()) {
    if (index > 0) close(fields);
    if (piece !== '') grow(fields, piece, piece);
  }
  if (/\s$/.test(value)) close(fields);
}

/** Paths that a pattern matches; the pattern itself where there are none. */
function filesLike(pattern: string, shell: Shell): readonly string[] {
  const slash = pattern.lastIndexOf('/');
  const folder = pattern.slice(0, slash + 1);
  const last = pattern.slice(slash + 1);
  if (isPattern(folder)) return [pattern];
  const names = shell.files.list(pathIn(shell, folder === '' ? '.' : folder)) ?? [];
  const found = names.filter(
    (name) => matchesPattern(name, last) && (!name.startsWith('.') || last.startsWith('.')),
  );
  return found.length === 0 ? [pattern] : found.map((name) => `${folder}${name}`);
}

async function valueOf(part: WordPart, shell: Shell, substitute: Substitute): Promise<string> {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'output':
      return substitute(part.script);
    case 'arithmetic': {
      const expression = await expandText(part.expression, shell, substitute);
      const { evaluateArithmetic } = await import('./arithmetic.ts');
      return evaluateArithmetic(expression, shell.variables).toString();
    }
    case 'variable':
      return variableOf(part, shell, substitute);
    default:
      return part satisfies never;
  }
}

type Variable = Extract<WordPart, { readonly kind: 'variable' }>;

async function variableOf(
  { name, isLength, operator, operand }: Variable,
  shell: Shell,
  substitute: Substitute,
): Promise<string> {
  const value = lookUp(name, shell) ?? '';
  if (isLength) return `${value.length}`;
  if (operator === '') return value;
  if (/^[#%]/.test(operator))
    return trimPattern(value, await expandPattern(operand, shell, substitute), operator);
  const isUnset = lookUp(name, shell) === undefined;
  const isMissing = isUnset || (operator.startsWith(':') && value === '');
  const given = (): Promise<string> => expandText(operand, shell, substitute);
  if (operator.endsWith('+')) return isMissing ? '' : given();
  if (!isMissing) return value;
  if (operator.endsWith('?')) throw new ShellExit(2);
  const text = await given();
  if (operator.endsWith('=')) shell.variables.set(name, text);
  return text;
}

function lookUp(name: string, shell: Shell): string | undefined {
  if (/^\d+$/.test(name)) return shell.positional[Number(name)];
  return SPECIAL[name]?.(shell) ?? shell.variables.get(name);
}

const SPECIAL: Readonly<Record<string, (shell: Shell) => string>> = {
  '?': ({ exitCode }) => `${exitCode}`,
  '@': ({ positional }) => positional.slice(1).join(' '),
  '*': ({ positional }) => positional.slice(1).join(' '),
  '#': ({ positional }) => `${Math.max(0, positional.length - 1)}`,
  $: () => '1',
  '!': ({ jobs }) => (jobs.length === 0 ? '' : `${jobs.length + 1}`),
  '-': ({ endsOnError }) => (endsOnError ? 'e' : ''),
  PWD: ({ directory }) => directory,
};
