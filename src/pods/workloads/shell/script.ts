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
  | { readonly kind: 'function'; readonly name: string; readonly body: Command }
  | {
      readonly kind: 'compound';
      readonly command: Compound;
      readonly redirects: readonly Redirect[];
    };

export type Compound =
  | {
      readonly kind: 'loop';
      readonly isUntil: boolean;
      readonly condition: Script;
      readonly body: Script;
    }
  | {
      readonly kind: 'for';
      readonly name: string;
      /** Absent: the positional parameters. */
      readonly words: readonly Word[] | undefined;
      readonly body: Script;
    }
  | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise: Script }
  | { readonly kind: 'case'; readonly subject: Word; readonly choices: readonly Choice[] }
  | { readonly kind: 'group'; readonly body: Script }
  | { readonly kind: 'subshell'; readonly body: Script };

export interface Branch {
  readonly condition: Script;
  readonly body: Script;
}

export interface Choice {
  readonly patterns: readonly Word[];
  readonly body: Script;
}

export interface SimpleCommand {
  readonly kind: 'simple';
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
}

export interface Redirect {
  /** `here` holds the text itself. */
  readonly kind: 'append' | 'here' | 'merge' | 'read' | 'write';
  /** 1 is stdout, 2 stderr, 3 both. */
  readonly stream: 1 | 2 | 3;
  readonly target: Word;
}

export type Word = readonly WordPart[];

export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly isQuoted: boolean }
  | {
      readonly kind: 'variable';
      readonly name: string;
      /** `${#NAME}` */
      readonly isLength: boolean;
      /** `:-`, `-`, `:=`, `=`, `:+`, `+`, `:?`, `?`, `#`, `##`, `%`, `%%`; '' for none. */
      readonly operator: string;
      readonly operand: Word;
      readonly isQuoted: boolean;
    }
  | { readonly kind: 'arithmetic'; readonly expression: Word; readonly isQuoted: boolean }
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
