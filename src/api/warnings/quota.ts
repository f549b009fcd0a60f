import type { KubeObject } from '../object.ts';
import { fields } from '../kinds/object-path.ts';
import { canonicalQuantity, parseQuantity, type Quantity } from '../quantity.ts';

const NAMES = ['cpu', 'memory', 'storage', 'ephemeral-storage'] as const;

/** Of quotas that let more be asked for than be used. */
export function quotaWarnings(quota: KubeObject): readonly string[] {
  const hard = fields(quota, 'spec.hard');
  return NAMES.flatMap((name) => {
    const isShort = hard[`requests.${name}`] === undefined && ['cpu', 'memory'].includes(name);
    const [request, limit] = [isShort ? name : `requests.${name}`, `limits.${name}`];
    const [asked, most] = [amountAt(hard, request), amountAt(hard, limit)];
    if (asked === undefined || most === undefined || asked.nanos <= most.nanos) return [];
    return [
      `ResourceQuota ${request} (${shown(hard, request)}) should be less than ${limit} (${shown(hard, limit)})`,
    ];
  });
}

type Amounts = Readonly<Record<string, unknown>>;

function amountAt(amounts: Amounts, name: string): Quantity | undefined {
  const value = amounts[name];
  return typeof value === 'string' || typeof value === 'number' ? parseQuantity(value) : undefined;
}

function shown(amounts: Amounts, name: string): string {
  const value = amounts[name];
  return typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(value) : '';
}
