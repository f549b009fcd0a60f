import { CorefileError, type Directive } from '../../corefile/index.ts';
import type { GoRegExp } from '../../go-regexp/index.ts';

/** @throws CorefileError when `to` uses more groups than there are. */
export function checkGroups(pattern: GoRegExp, to: string, { position }: Directive): void {
  const used = new Set(to.match(/\{(?:100|\d{1,2})\}/g));
  if (used.size > pattern.groups)
    throw new CorefileError(
      `the rewrite regex pattern (${to}) uses more subexpressions than its corresponding matching regex pattern (${pattern.source})`,
      position,
    );
}
