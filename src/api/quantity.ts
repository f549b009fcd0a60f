/**
 * An amount such as `100m`, `1.5Gi` or `1e3`, exact to a billionth.
 *
 * @see apimachinery `api/resource.Quantity`
 */
export interface Quantity {
  /** Billionths; parts below that are rounded away from zero. */
  readonly nanos: bigint;
  /** How it is written: powers of 1024, powers of 1000, or with an exponent. */
  readonly format: 'BinarySI' | 'DecimalSI' | 'DecimalExponent';
}

const NANO = 1_000_000_000n;
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const PATTERN = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?$/;

/** Beyond this an amount stays what it is: 2^63-1, as in Go. */
const MAX_EXPONENT = 18;

/** Amounts that were read before, and how each is written: the same few are in every object of a template. */
const known = new Map<string, Quantity>();
const texts = new WeakMap<Quantity, string>();
const MAX_KNOWN = 1000;
const MAX_KNOWN_LENGTH = 32;

/**
 * Reads a quantity; numbers are read as they are written.
 *
 * @returns undefined when `text` is none.
 */
export function parseQuantity(text: string | number): Quantity | undefined {
  const written = String(text);
  const found = known.get(written);
  if (found !== undefined) return found;
  const quantity = readQuantity(written);
  if (quantity === undefined || written.length > MAX_KNOWN_LENGTH) return quantity;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(written, quantity);
  return quantity;
}

function readQuantity(text: string): Quantity | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, sign, digits = '', suffix = '', exponent] = match;
  if (exponent !== undefined && Math.abs(Number(exponent)) > MAX_EXPONENT) return undefined;
  const [multiplier, divisor] = scaleOf(suffix, Number(exponent ?? 0));
  const [whole = '', fraction = ''] = digits.split('.');
  const numerator = BigInt(`${whole}${fraction}` || '0') * multiplier * NANO;
  const denominator = 10n ** BigInt(fraction.length) * divisor;
  const nanos = (numerator + denominator - 1n) / denominator;
  return { nanos: sign === '-' ? -nanos : nanos, format: formatOf(suffix, exponent) };
}

/** Billionths of an amount; 0 of what is absent or no quantity. */
export function nanosOf(amount: string | number | undefined): bigint {
  return amount === undefined ? 0n : (parseQuantity(amount)?.nanos ?? 0n);
}

/** The one text that stands for the amount: `0.5` is `500m`, `1024Mi` is `1Gi`. */
export function formatQuantity({ nanos, format }: Quantity): string {
  const isSmall = nanos % NANO !== 0n || (nanos < 1024n * NANO && nanos > -1024n * NANO);
  if (format === 'BinarySI' && !isSmall) return formatBinary(nanos / NANO);
  const [mantissa, steps] = reduce(nanos, 1000n, DECIMAL.length - 1);
  if (format !== 'DecimalExponent') return `${mantissa}${DECIMAL[steps]}`;
  const exponent = (steps - 3) * 3;
  return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
}

/** `text` as the API stores it; what is no quantity stays as it is. */
export function canonicalQuantity(text: string | number): string {
  const quantity = parseQuantity(text);
  if (quantity === undefined) return String(text);
  const written = texts.get(quantity) ?? formatQuantity(quantity);
  texts.set(quantity, written);
  return written;
}

function formatBinary(units: bigint): string {
  const [mantissa, steps] = reduce(units, 1024n, BINARY.length - 1);
  return `${mantissa}${BINARY[steps]}`;
}

/** Divides `value` by `base` as often as that leaves no rest, at most `max` times. */
function reduce(value: bigint, base: bigint, max: number): readonly [bigint, number] {
  if (value === 0n) return [0n, base === 1000n ? 3 : 0];
  let mantissa = value;
  let steps = 0;
  while (steps < max && mantissa % base === 0n) {
    mantissa /= base;
    steps += 1;
  }
  return [mantissa, steps];
}

function scaleOf(suffix: string, exponent: number): readonly [multiplier: bigint, divisor: bigint] {
  if (suffix.endsWith('i')) return [1024n ** BigInt(BINARY.findIndex((s) => s === suffix)), 1n];
  const steps = DECIMAL.findIndex((candidate) => candidate === suffix) - 3;
  const power = steps * 3 + exponent;
  return power >= 0 ? [10n ** BigInt(power), 1n] : [1n, 10n ** BigInt(-power)];
}

function formatOf(suffix: string, exponent: string | undefined): Quantity['format'] {
  if (exponent !== undefined) return 'DecimalExponent';
  return suffix.endsWith('i') ? 'BinarySI' : 'DecimalSI';
}
