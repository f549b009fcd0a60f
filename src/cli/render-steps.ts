import type { Step } from '../observe/index.ts';
import type { Terminal } from './terminal.ts';

const MARK = { pass: '✓', fail: '✗', skip: '·' } as const;
const COLOUR = { pass: 'green', fail: 'red', skip: 'dim' } as const;

/** Steps as a list: the part once where it begins, a mark, what was found, and why. */
export function renderSteps(steps: readonly Step[], terminal: Pick<Terminal, 'style'>): string {
  let lastPart: string | undefined;
  const width = Math.max(0, ...steps.map(({ part }) => part.length));
  return steps
    .map(({ part, outcome, what, because, object }) => {
      const label = part === lastPart ? '' : part;
      lastPart = part;
      const about = object === undefined ? '' : ` [${object}]`;
      const reason = because === undefined ? '' : ` (${because})`;
      return `  ${label.padEnd(width)}  ${terminal.style(COLOUR[outcome], MARK[outcome])} ${what}${reason}${about}`;
    })
    .join('\n');
}
