/** A shell script, parsed: lists of pipelines, loops and conditions. */
export type Script = readonly Statement[];

export interface Statement {
  /** Joined by `&&` and `||`, from left to right. */
  readonly pipelines: readonly JoinedPipeline[];
  /** It ended in `&`: nobody waits for it. */
  readonly isBackground: boolean;
}

export interface JoinedPipeline {
  readonly join: '&&' | '||' | undefined;
  readonly isNegated: boolean;
  readonly commands: readonly Command[];
}

export type Command =
  | SimpleCommand
  | {
      readonly kind: 'loop';
      readonly isUntil: boolean;
      readonly condition: Script;
      readonly body: Script;
    }
  | {
      readonly kind: 'for';
      readonly name: string;
      readonly words: readonly Word[];
      readonly body: Script;
    }
  | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise: Script }
  | { readonly kind: 'group'; readonly body: Script };

export interface Branch {
  readonly condition: Script;
  readonly body: Script;
}

export interface SimpleCommand {
  readonly kind: 'simple';
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
}

export interface Redirect {
  readonly kind: 'append' | 'merge' | 'read' | 'write';
  /** 1 is stdout, 2 stderr, 3 both. */
  readonly stream: 1 | 2 | 3;
  readonly target: Word;
}

export type Word = readonly WordPart[];

export type WordPart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly fallback: string;
      readonly isQuoted: boolean;
    }
  | { readonly kind: 'output'; readonly script: Script; readonly isQuoted: boolean };

/** The word's text, where it holds nothing to expand. */
export function literalOf(word: Word | undefined): string | undefined {
  if (word === undefined) return undefined;
  let text = '';
  for (const part of word) {
    if (part.kind !== 'text') return undefined;
    text += part.text;
  }
  return text;
}
