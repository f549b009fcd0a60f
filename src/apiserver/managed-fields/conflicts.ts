import { ApiError, type KubeObject } from '../../api/index.ts';
import { intersection, pathsOf, showPath, type FieldSet } from './field-set.ts';
import type { Manager } from './managers.ts';

/** @throws ApiError Conflict, with a cause a field. */
export function checkConflicts(
  others: readonly Manager[],
  changed: FieldSet,
  object: KubeObject,
): void {
  const conflicts = others
    .flatMap((manager) => {
      const who = conflictingName(manager, object);
      return [...pathsOf(intersection(manager.fields, changed))].map((path) => ({
        who,
        field: showPath(path),
      }));
    })
    .toSorted((a, b) => compare(a.who, b.who));
  if (conflicts.length === 0) return;
  throw new ApiError('Conflict', conflictMessage(conflicts), {
    otherCauses: conflicts.map(({ who, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${who}`,
      field,
    })),
  });
}

interface FieldConflict {
  readonly who: string;
  readonly field: string;
}

const compare = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

/** `"m1"`, and what tells it from others of that name. */
function conflictingName(
  { name, subresource, operation, apiVersion, time }: Manager,
  { apiVersion: own }: KubeObject,
): string {
  const as = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  const using =
    operation === 'Update'
      ? ` using ${apiVersion}`
      : apiVersion === own
        ? ''
        : ` using ${apiVersion}`;
  const at = operation === 'Update' && time !== '' ? ` at ${time}` : '';
  return `${JSON.stringify(name)}${as}${using}${at}`;
}

function conflictMessage(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined)
    return `Apply failed with 1 conflict: conflict with ${first.who}: ${first.field}`;
  const groups = Map.groupBy(conflicts, ({ who }) => who);
  const lists = [...groups].map(
    ([who, fields]) =>
      `conflicts with ${who}:\n${fields.map(({ field }) => `- ${field}`).join('\n')}`,
  );
  return `Apply failed with ${conflicts.length} conflicts: ${lists.join('\n')}`;
}
