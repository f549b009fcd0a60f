/** A piece of a label selector's text: a mark, a word (keys, values, `in`, `notin`), or the end. */
export interface Token {
  readonly kind: '(' | ')' | ',' | '!' | '=' | '==' | '!=' | '>' | '<' | 'word' | 'end';
  readonly text: string;
}

const PIECE = /[ \t\r\n]*(?:(==|!=|[()!=,<>])|([^ \t\r\n()!=,<>]+))/gy;

/** The tokens of a label selector, without the end; @see apimachinery `labels.Lexer` */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [, mark, word = ''] of text.matchAll(PIECE)) {
    // The pattern finds no marks but those of the union.
    if (mark !== undefined) tokens.push({ kind: mark as Token['kind'], text: mark });
    else tokens.push({ kind: 'word', text: word });
  }
  return tokens;
}
