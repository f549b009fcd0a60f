/** A computed value. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: string | bigint | boolean | undefined }
  | { readonly kind: 'dot' }
  | { readonly kind: 'variable'; readonly name: string }
  /** `.a` of `of`; with arguments where it is a method. */
  | {
      readonly kind: 'field';
      readonly of: Expression;
      readonly name: string;
      readonly args: readonly Expression[];
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

/** A part of a template. */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly value: Expression }
  | {
      readonly kind: 'assign';
      readonly name: string;
      readonly value: Expression;
      readonly isNew: boolean;
    }
  | {
      readonly kind: 'if' | 'with';
      readonly value: Expression;
      readonly variable: string | undefined;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | {
      readonly kind: 'range';
      readonly value: Expression;
      /** `$index, $item`, or `$item` alone, or none. */
      readonly variables: readonly string[];
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };
