import type { KindDefinition } from './kind.ts';

/** Kinds by `plural.group`; earlier definitions win. */
export function indexResources(
  definitions: readonly KindDefinition[],
): ReadonlyMap<string, KindDefinition> {
  const pairs = definitions.map(
    (definition) => [`${definition.plural}.${definition.group}`, definition] as const,
  );
  return new Map(pairs.toReversed());
}

/** Kinds by the words that people use: earlier definitions win a word; categories gather theirs, and win over resources as in kubectl. */
export function indexWords(
  definitions: readonly KindDefinition[],
): ReadonlyMap<string, readonly KindDefinition[]> {
  const words = new Map<string, readonly KindDefinition[]>();
  const claim = (word: string, definition: KindDefinition): void => {
    if (!words.has(word)) words.set(word, [definition]);
  };
  for (const definition of definitions) {
    for (const name of [definition.plural, definition.singular, definition.kind.toLowerCase()]) {
      claim(name, definition);
      if (definition.group === '') continue;
      claim(`${name}.${definition.group}`, definition);
      for (const version of definition.versions)
        claim(`${name}.${version}.${definition.group}`, definition);
    }
  }
  for (const definition of definitions)
    for (const name of definition.shortNames) {
      claim(name, definition);
      claim(`${name}.${definition.group}`, definition);
    }
  for (const category of new Set(definitions.flatMap(({ categories }) => categories)))
    words.set(
      category,
      definitions.filter(({ categories }) => categories.includes(category)),
    );
  return words;
}
