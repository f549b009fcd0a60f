import { UsageError } from './usage-error.ts';

/** What kubectl's `TYPE NAME…` and `TYPE/NAME…` name. */
export interface ResourceArguments {
  readonly resource: string;
  readonly names: readonly string[];
}

/**
 * Reads `svc`, `svc web api`, `svc/web`, `deploy/web deploy/api`.
 *
 * @throws UsageError when nothing is named, or both forms or several types are mixed.
 */
export function readResourceArguments(
  positionals: readonly string[],
  verb: string,
): ResourceArguments {
  const [first, ...others] = positionals;
  if (first === undefined) {
    throw new UsageError(
      `podlane ${verb}: no resource named`,
      `Name a type, and objects if wanted: \`podlane ${verb} svc\`, \`podlane ${verb} pod/web-0\`.`,
    );
  }
  if (!first.includes('/')) return { resource: first, names: others };
  const pairs = positionals.map((text) => text.split('/'));
  const [type = ''] = pairs[0] ?? [];
  const isUniform = pairs.every(
    ([kind, name, more]) =>
      kind === type && name !== undefined && name !== '' && more === undefined,
  );
  if (!isUniform)
    throw new UsageError(
      `podlane ${verb}: "${positionals.join(' ')}" mixes types`,
      'Name objects of one type in one call.',
    );
  return { resource: type, names: pairs.map(([, name = '']) => name) };
}
