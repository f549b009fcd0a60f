import type { Position } from '../net/index.ts';
import type { Step } from '../observe/index.ts';

/** A field of an object. */
export interface FieldReference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** `spec.rules[0].http.paths[1]` */
  readonly field: string;
}

/** Where a field of an object was written; undefined for what no manifest holds. */
export type LocateField = (reference: FieldReference) => Position | undefined;

/** Steps that name a field of an object, with the file and line where it was written. */
export function locateSteps(steps: readonly Step[], locate: LocateField): readonly Step[] {
  return steps.map((step) => {
    const [, kind = '', namespace = '', name = '', field = ''] =
      /^(\w+) (?:([^/\s]+)\/)?(\S+) (\S+)$/.exec(step.object ?? '') ?? [];
    const position = kind === '' ? undefined : locate({ kind, namespace, name, field });
    return position === undefined
      ? step
      : { ...step, object: `${step.object} (${position.file}:${position.line})` };
  });
}
