import { argsOf, CorefileError, readDuration, type Directive } from '../../corefile/index.ts';
import { readRegExp } from '../../corefile/read-reg-exp.ts';
import type { GoRegExp } from '../../go-regexp/index.ts';

const LEVELS = ['error', 'warning', 'info', 'debug'] as const;
export type Level = (typeof LEVELS)[number];

/** Errors that one line stands for. */
export interface Pattern {
  readonly regExp: GoRegExp;
  readonly source: string;
  readonly periodText: string;
  readonly periodMs: number;
  readonly level: Level;
  readonly isFirstShown: boolean;
}

/** The lines `consolidate DURATION REGEXP [LEVEL] [show_first]`. @throws CorefileError */
export function readPatterns(options: readonly Directive[]): readonly Pattern[] {
  return options.map(readPattern);
}

function readPattern(option: Directive): Pattern {
  const [periodText = '', source = '', ...more] = argsOf(option, 2, 4);
  const isFirstShown = more.at(-1) === 'show_first';
  const [level = 'error', ...rest] = isFirstShown ? more.slice(0, -1) : more;
  if (!isLevel(level) || rest.length > 0)
    throw new CorefileError(
      `unknown log level argument in consolidate: ${more.join(' ')}`,
      option.position,
    );
  return {
    source,
    periodText,
    level,
    isFirstShown,
    regExp: readRegExp(source, option),
    periodMs: readDuration(periodText, option, 'consolidate'),
  };
}

function isLevel(text: string): text is Level {
  return LEVELS.some((level) => level === text);
}
