import type { KindDefinition, KindRegistry } from '../../api/index.ts';

/** A group of the API and what is in it. */
export interface ApiGroup {
  /** '' is the core group. */
  readonly name: string;
  readonly definitions: readonly KindDefinition[];
}

/** Every group that is served, built-in ones first. */
export function groupsOf(kinds: KindRegistry): readonly ApiGroup[] {
  const groups = Map.groupBy(
    kinds.all().filter(({ origin }) => origin !== 'guessed'),
    ({ group }) => group,
  );
  return [...groups].map(([name, definitions]) => ({ name, definitions }));
}

/** The versions that a group serves, the preferred one first. */
export function versionsInGroup({ definitions }: ApiGroup): readonly string[] {
  return [...new Set(definitions.flatMap(({ versions }) => versions))];
}

/** Whether a resource is served in `version` of its group. */
export function isListed({ versions }: KindDefinition, version: string): boolean {
  return versions.includes(version);
}

/** The names that are left out where there are none. */
export function namesOf({ shortNames, categories }: KindDefinition): object {
  return {
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  };
}
