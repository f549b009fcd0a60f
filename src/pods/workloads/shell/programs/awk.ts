import { fail, type RunProgram, splitFlags } from '../command.ts';
import { extended, linesOf } from './line-input.ts';

const PROGRAM = /^\s*(?:\/((?:[^/\\]|\\.)*)\/|NR\s*==\s*(\d+))?\s*(?:\{\s*print\s*([^{}]*)\})?\s*$/;

/** `awk '{print $1, $NF}'`, with a pattern before it or not, and nothing else of awk. */
export const awk: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args, 'Fv');
  const [program = '', ...paths] = rest;
  const [whole = '', pattern, row, expressions = ''] = PROGRAM.exec(program) ?? [];
  if (whole.trim() === '') return fail(run, `podlane's awk does not know: ${program}`, 2);
  const wanted = new RegExp(extended(pattern ?? ''));
  const parts = partsOf(expressions);
  let number = 0;
  for await (const line of linesOf(run, paths)) {
    if (line === undefined)
      return fail(run, `awk: ${paths.join(' ')}: No such file or directory`, 2);
    number += 1;
    if (!wanted.test(line) || Number(row ?? number) !== number) continue;
    const fields = splitFields(line, flags.get('F'));
    await run.stdout.write(`${parts.map((part) => valueOf(part, fields, line)).join(' ')}\n`);
  }
  return 0;
};

function partsOf(expressions: string): readonly string[] {
  const text = expressions.trim();
  return text === '' ? ['$0'] : text.split(',').map((part) => part.trim());
}

function splitFields(text: string, separator: string | undefined): readonly string[] {
  return separator === undefined ? text.trim().split(/\s+/) : text.split(separator);
}

function valueOf(expression: string, fields: readonly string[], line: string): string {
  const pieces = expression.match(/"(?:[^"\\]|\\.)*"|\$(?:NF|\d+)|NF|NR/g) ?? [];
  return pieces
    .map((piece) => {
      if (piece.startsWith('"')) return piece.slice(1, -1);
      if (piece === '$0') return line;
      if (piece === 'NF') return `${fields.length}`;
      return (piece === '$NF' ? fields.at(-1) : fields[Number(piece.slice(1)) - 1]) ?? '';
    })
    .join('');
}
