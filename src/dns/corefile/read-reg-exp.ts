import { compileGoRegExp, GoRegExpError, type GoRegExp } from '../go-regexp/index.ts';
import { CorefileError } from './corefile-error.ts';
import type { Directive } from './directive.ts';

/**
 * A regular expression as Go writes it. Not in the index: most Corefiles have none, and need not load the compiler.
 *
 * @throws CorefileError
 */
export function readRegExp(source: string, { position }: Directive): GoRegExp {
  try {
    return compileGoRegExp(source);
  } catch (error) {
    if (!(error instanceof GoRegExpError)) throw error;
    throw new CorefileError(`invalid regular expression: ${error.message}`, position);
  }
}
