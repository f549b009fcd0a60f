import { CorefileError } from './corefile-error.ts';
import type { Directive } from './directive.ts';

/**
 * The only line of a plugin that may stand once in a block.
 *
 * @throws CorefileError when there are several.
 */
export function onlyOnce(directives: readonly Directive[]): Directive {
  const [first, second] = directives;
  if (second !== undefined)
    throw new CorefileError(
      `plugin/${second.name}: this plugin can only be used once per Server Block`,
      second.position,
    );
  if (first === undefined) throw new TypeError('a plugin is set up without a line');
  return first;
}

/**
 * The arguments of a line, from `min` to `max` of them.
 *
 * @throws CorefileError in CoreDNS' words.
 */
export function argsOf(
  { name, args, position }: Directive,
  min: number,
  max: number = min,
): readonly string[] {
  if (args.length < min || args.length > max) {
    const last = args.length > max ? args.at(-1) : (args.at(-1) ?? name);
    throw new CorefileError(
      `Wrong argument count or unexpected line ending after '${last}'`,
      position,
    );
  }
  return args;
}

/** The only argument of a line. @throws CorefileError */
export function argOf(directive: Directive): string {
  return argsOf(directive, 1)[0] ?? '';
}

/** @throws CorefileError when the line opens a block. */
export function refuseBlock({ name, block }: Directive): void {
  const [option] = block;
  if (option !== undefined)
    throw new CorefileError(`plugin/${name}: unknown property '${option.name}'`, option.position);
}

/** Handlers of a plugin's options, by name. */
export type OptionReaders = Readonly<Record<string, (option: Directive) => void>>;

/**
 * Hands each line of a block to the reader of its name.
 *
 * @throws CorefileError for an option that has none.
 */
export function readOptions({ block }: Directive, readers: OptionReaders): void {
  for (const option of block) {
    const read = Object.hasOwn(readers, option.name) ? readers[option.name] : undefined;
    if (read === undefined) throw unknownProperty(option, Object.keys(readers));
    read(option);
  }
}

/** @param known Names that are near enough are hinted at. */
export function unknownProperty(option: Directive, known: readonly string[]): CorefileError {
  return new CorefileError(`unknown property '${option.name}'`, option.position, {
    hint: `Options: ${known.join(', ')}.`,
  });
}

/**
 * A whole number within bounds.
 *
 * @throws CorefileError
 */
export function readInteger(
  text: string,
  { position }: Directive,
  { min, max, what }: { readonly min: number; readonly max: number; readonly what: string },
): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new CorefileError(`${what}: "${text}" is not a number`, position);
  const value = Number(text);
  if (value < min || value > max)
    throw new CorefileError(`${what} must be in range [${min}, ${max}]: ${text}`, position);
  return value;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Milliseconds of a duration as Go writes it: `1m30s`, `500ms`, `0`.
 *
 * @returns undefined when `text` is none; a number without a unit is none but for 0.
 */
export function parseDuration(text: string): number | undefined {
  const [, sign, body = ''] = /^([+-]?)(.+)$/s.exec(text) ?? [];
  if (body === '0') return 0;
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of body.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g))
    total += Number(amount) * (UNIT_MS[unit] ?? 0);
  return sign === '-' ? -total : total;
}

/** As `parseDuration`. @throws CorefileError */
export function readDuration(text: string, { position }: Directive, what: string): number {
  const value = parseDuration(text);
  if (value === undefined) throw new CorefileError(`${what}: invalid duration "${text}"`, position);
  return value;
}
