import { ApiError } from '../../api/index.ts';
import {
  difference,
  intersection,
  isEmptySet,
  pathsOf,
  showPath,
  type FieldSet,
} from './field-set.ts';
import type { Manager } from './managers.ts';

/** What somebody else owns of what is changed. */
export interface Conflict {
  /** `"m1"`, and what tells it from others of that name. */
  readonly who: string;
  readonly fields: FieldSet;
}

/** What of `changed` others own. */
export function conflictsOf(others: readonly Manager[], changed: FieldSet): readonly Conflict[] {
  return others
    .map((manager) => ({ who: nameOf(manager), fields: intersection(manager.fields, changed) }))
    .filter(({ fields }) => !isEmptySet(fields));
}

/** @throws ApiError Conflict, with a cause a field, unless all of them are `allowed`. */
export function refuseConflicts(conflicts: readonly Conflict[], allowed: FieldSet): void {
  const causes = conflicts
    .flatMap(({ who, fields }) =>
      [...pathsOf(difference(fields, allowed))].map((path) => ({ who, field: showPath(path) })),
    )
    .toSorted((left, right) => compare(left.who, right.who));
  if (causes.length === 0) return;
  throw new ApiError('Conflict', messageOf(causes), {
    otherCauses: causes.map(({ who, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${who}`,
      field,
    })),
  });
}

const compare = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

function nameOf({ name, subresource, operation, apiVersion }: Manager): string {
  const as = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  // Who applies is one manager in every version.
  const using = operation === 'Update' ? ` using ${apiVersion}` : '';
  return `${JSON.stringify(name)}${as}${using}`;
}

interface Cause {
  readonly who: string;
  readonly field: string;
}

function messageOf(causes: readonly Cause[]): string {
  const [first] = causes;
  if (causes.length === 1 && first !== undefined)
    return `Apply failed with 1 conflict: conflict with ${first.who}: ${first.field}`;
  const groups = Map.groupBy(causes, ({ who }) => who);
  const lists = [...groups].map(
    ([who, fields]) =>
      `conflicts with ${who}:\n${fields.map(({ field }) => `- ${field}`).join('\n')}`,
  );
  return `Apply failed with ${causes.length} conflicts: ${lists.join('\n')}`;
}
