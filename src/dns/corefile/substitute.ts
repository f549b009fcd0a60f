/** Values of the environment by name; absent ones read as ''. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `word` with `{$NAME}` and `{%NAME%}` replaced. What a value holds is not looked at again. */
export function substitute(word: string, environment: Environment): string {
  if (!word.includes('{$') && !word.includes('{%')) return word;
  return word.replaceAll(
    /\{%([^%]*(?:%(?!\})[^%]*)*)%\}|\{\$([^}]*)\}/g,
    (_, percent?: string, dollar?: string) => {
      const name = percent ?? dollar ?? '';
      return (Object.hasOwn(environment, name) ? environment[name] : undefined) ?? '';
    },
  );
}
