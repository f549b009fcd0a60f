import { type CommandRun, fail, type RunProgram, splitFlags } from '../command.ts';
import { basic, escapeText, extended, linesOf } from './line-input.ts';

/** `sed` with `s///`, `p` and `d` alone, each for all lines, some lines or those that match. */
export const sed: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args, 'e');
  const [script = '', ...paths] = [...(flags.has('e') ? [flags.get('e') ?? ''] : []), ...rest];
  const read = flags.has('E') || flags.has('r') ? extended : basic;
  const edits = script
    .split(/;|\n/)
    .filter((edit) => edit.trim() !== '')
    .map((edit) => readEdit(edit.trim(), read));
  if (edits.includes(undefined)) return fail(run, `podlane's sed does not know: ${script}`, 2);
  let number = 0;
  for await (const line of linesOf(run, paths)) {
    if (line === undefined) return fail(run, `sed: ${paths.join(' ')}: No such file or directory`);
    number += 1;
    const kept = await edited(run, { line, number }, edits);
    if (kept !== undefined && !flags.has('n')) await run.stdout.write(`${kept}\n`);
  }
  return 0;
};

interface NumberedLine {
  readonly line: string;
  readonly number: number;
}

/** @returns undefined for a line that was deleted. */
async function edited(
  { stdout }: CommandRun,
  { line, number }: NumberedLine,
  edits: readonly (Edit | undefined)[],
): Promise<string | undefined> {
  let kept = line;
  for (const edit of edits) {
    if (edit?.applies(kept, number) !== true) continue;
    if (edit.kind === 'delete') return undefined;
    if (edit.kind === 'print') await stdout.write(`${kept}\n`);
    else kept = edit.change(kept);
  }
  return kept;
}

interface Edit {
  readonly kind: 'change' | 'delete' | 'print';
  readonly applies: (line: string, number: number) => boolean;
  readonly change: (line: string) => string;
}

type ReadPattern = (pattern: string) => string;

const EDIT = /^(?:(\d+)(?:,(\d+|\$))?|\/((?:[^/\\]|\\.)*)\/)?\s*([^]*)$/;

function readEdit(text: string, read: ReadPattern): Edit | undefined {
  const [, from, to, pattern, action = ''] = EDIT.exec(text) ?? [];
  try {
    const applies = addressOf({ from, to, pattern }, read);
    const change = (line: string): string => line;
    if (action === 'p') return { kind: 'print', applies, change };
    if (action === 'd') return { kind: 'delete', applies, change };
    const substitution = action.startsWith('s') ? readSubstitution(action, read) : undefined;
    return substitution && { kind: 'change', applies, change: substitution };
  } catch {
    // No regular expression.
    return undefined;
  }
}

interface Address {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly pattern: string | undefined;
}

function addressOf({ from, to, pattern }: Address, read: ReadPattern): Edit['applies'] {
  if (pattern !== undefined) {
    const wanted = new RegExp(read(pattern));
    return (line) => wanted.test(line);
  }
  if (from === undefined) return () => true;
  const last = to === '$' ? Infinity : Number(to ?? from);
  return (_, number) => number >= Number(from) && number <= last;
}

function readSubstitution(action: string, read: ReadPattern): Edit['change'] | undefined {
  const separator = new RegExp(`(?<!\\\\)${escapeText(action[1] ?? '')}`);
  const [, source, replacement, marks = '', ...more] = action.split(separator);
  if (source === undefined || replacement === undefined || more.length > 0) return undefined;
  const compiled = new RegExp(read(source), marks.replaceAll(/[^gi]/gi, '').toLowerCase());
  const filled = replacement
    .replaceAll('$', '$$$$')
    .replaceAll(/\\(\d)|(?<!\\)&/g, (whole) => (whole === '&' ? '$&' : `$${whole.slice(1)}`))
    .replaceAll(/\\([^\d])/g, (_, code: string) => (code === 'n' ? '\n' : code));
  return (line) => line.replace(compiled, filled);
}
