/** What a shell is told to run by its own words. */
export interface GivenScript {
  readonly text: string;
  /** `$0`, `$1` … */
  readonly positional: readonly string[];
  /** `sh -e` */
  readonly endsOnError: boolean;
}

/** The script of `sh -c SCRIPT NAME ARG…`, among other flags; undefined where there is none. */
export function scriptOf(args: readonly string[]): GivenScript | undefined {
  const flags = args.findIndex((word) => /^-[a-z]*c[a-z]*$/.test(word));
  const before = args.slice(0, flags);
  const text = args[flags + 1];
  if (flags < 0 || !before.every((word) => word.startsWith('-')) || text === undefined)
    return undefined;
  const endsOnError = args.slice(0, flags + 1).some((word) => /^-[a-z]*e/.test(word));
  return { text, positional: args.slice(flags + 2), endsOnError };
}
