/** One step of an expression: takes what the step before found, gives what it finds in each of that. */
export type PathNode =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  | { readonly kind: 'slice'; readonly slice: Slice }
  | { readonly kind: 'filter'; readonly filter: Filter }
  /** Several paths side by side: `[0,2]`, `['metadata.name','kind']`. */
  | { readonly kind: 'union'; readonly paths: readonly (readonly PathNode[])[] }
  /** A constant: text in quotes, a number, a truth value. */
  | { readonly kind: 'literal'; readonly value: string | number | boolean };

/** `[start:end:step]`; `[2]` is `[2:3]`, which must be there. */
export interface Slice {
  readonly start: number;
  /** undefined is the end of the list. */
  readonly end: number | undefined;
  readonly step: number;
}

/** `[?(left operator right)]`; without an operator whether `left` finds anything. */
export interface Filter {
  readonly left: readonly PathNode[];
  readonly operator: Operator | 'exists';
  readonly right: readonly PathNode[];
}

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** A part of a template. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly path: readonly PathNode[] }
  /** `{range PATH}…{end}` */
  | {
      readonly kind: 'range';
      readonly path: readonly PathNode[];
      readonly body: readonly TemplateNode[];
    };
