import { JsonPathError } from './json-path-error.ts';
import type { TemplateNode } from './nodes.ts';
import { endOfQuote, parsePath } from './parse-path.ts';

/**
 * Reads a template: text, and expressions in braces; `{range PATH}…{end}` repeats what is between for each value.
 *
 * @throws JsonPathError
 */
export function parseTemplate(text: string): readonly TemplateNode[] {
  const root: TemplateNode[] = [];
  /** The bodies that are open, the innermost last. */
  const open: TemplateNode[][] = [root];
  let at = 0;
  while (at < text.length) {
    const body = open.at(-1) ?? root;
    const brace = text.indexOf('{', at);
    if (brace !== at)
      body.push({ kind: 'text', text: text.slice(at, brace < 0 ? undefined : brace) });
    if (brace < 0) break;
    const end = endOfAction(text, brace);
    readAction(text.slice(brace + 1, end - 1).trim(), open);
    at = end;
  }
  if (open.length > 1) throw new JsonPathError('error parsing jsonpath: unterminated range');
  return root;
}

/** Where an expression is expected, braces and the first dot may be left out: `metadata.name`. @throws JsonPathError */
export function parseExpression(text: string): readonly TemplateNode[] {
  const bare = text.trim();
  if (bare.includes('{')) return parseTemplate(bare);
  return [{ kind: 'path', path: parsePath(/^[.[$@]/.test(bare) ? bare : `.${bare}`) }];
}

/** The index behind the brace that closes the one at `at`; braces in quotes are text. */
function endOfAction(text: string, at: number): number {
  for (let end = at + 1; end < text.length; end += 1) {
    const character = text.charAt(end);
    if (character === '"' || character === "'") end = endOfQuote(text, end) - 1;
    else if (character === '}') return end + 1;
  }
  throw new JsonPathError(`error parsing jsonpath ${text}: unclosed action`);
}

function readAction(action: string, open: TemplateNode[][]): void {
  const body = open.at(-1) ?? [];
  const range = /^range\s+(?<path>.*)$/s.exec(action)?.groups?.['path'];
  if (range !== undefined) {
    const inner: TemplateNode[] = [];
    body.push({ kind: 'range', path: parsePath(range), body: inner });
    open.push(inner);
    return;
  }
  if (action !== 'end') {
    body.push({ kind: 'path', path: parsePath(action) });
    return;
  }
  if (open.length === 1)
    throw new JsonPathError('error parsing jsonpath: not in range, nothing to end');
  open.pop();
}
