import { word } from '../object-path.ts';
import { required, type Errors } from '../validate/field-errors.ts';

/** Where a source stands. */
export interface SourcePlace {
  readonly field: string;
  /** Of the volume: of a Pod or of the cluster. */
  readonly name: string;
  /** Whether the volume is the cluster's own: its secrets say their namespace. */
  readonly isPersistent: boolean;
}

/** Errors of what a volume is made of. */
export type ValidateSource = (source: unknown, place: SourcePlace) => Errors;

/** Texts that may not be missing. */
export function needed(source: unknown, field: string, names: readonly string[]): Errors {
  return names
    .filter((name) => word(source, name) === '')
    .map((name) => required(`${field}.${name}`));
}
