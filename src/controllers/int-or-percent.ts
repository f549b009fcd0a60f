import type { IntOrString } from '../api/index.ts';

/**
 * `value` as a number of Pods; percentages are of `total`.
 *
 * @returns undefined when it is neither a number nor a percentage.
 * @see apimachinery `intstr.GetScaledValueFromIntOrPercent`
 */
export function scaledValue(
  value: IntOrString,
  total: number,
  rounding: 'up' | 'down',
): number | undefined {
  if (typeof value === 'number') return value;
  const [, percent] = /^(\d+)%$/.exec(value) ?? [];
  if (percent === undefined) return undefined;
  const exact = (Number(percent) * total) / 100;
  return rounding === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
