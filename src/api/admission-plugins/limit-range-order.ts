import type { FieldError } from '../errors.ts';
import { formatQuantity, parseQuantity, type Quantity } from '../quantity.ts';
import type { LimitRangeItem } from '../types.ts';
import { invalid } from '../kinds/validate/field-errors.ts';
import { isOvercommitted } from './resource-names.ts';

type List = 'min' | 'max' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio';

/** Two lists, of which the first may not be above the second; whose fault it is, and what they are called. */
const ORDER: readonly (readonly [low: List, high: List, at: List, shown: List])[] = [
  ['min', 'max', 'min', 'min'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest'],
  ['min', 'default', 'default', 'min'],
  ['default', 'max', 'default', 'max'],
];
const WORDS: Readonly<Partial<Record<List, string>>> = {
  defaultRequest: 'default request',
};
const NANO = 1_000_000_000n;

/** What of the amounts of one type cannot be at once. @see kubernetes `ValidateLimitRange` */
export function compareLimits(field: string, item: LimitRangeItem): readonly FieldError[] {
  const lists: readonly List[] = ['min', 'max', 'maxLimitRequestRatio'];
  const counted: readonly List[] =
    item.type === 'Pod' ? lists : [...lists, 'default', 'defaultRequest'];
  const names = new Set(counted.flatMap((list) => Object.keys(item[list] ?? {})));
  const amountOf = (list: List, name: string): Quantity | undefined => {
    const amount = counted.includes(list) ? item[list]?.[name] : undefined;
    return amount === undefined ? undefined : parseQuantity(amount);
  };
  return [...names].toSorted().flatMap((name) => {
    const amount = (list: List): Quantity | undefined => amountOf(list, name);
    return [
      ...compareOrder(field, name, amount),
      ...compareRatio(`${field}.maxLimitRequestRatio[${name}]`, amount),
      ...compareDefaults(`${field}.defaultRequest[${name}]`, name, amount),
    ];
  });
}

type AmountOf = (list: List) => Quantity | undefined;

function compareOrder(field: string, name: string, amount: AmountOf): readonly FieldError[] {
  return ORDER.flatMap(([low, high, at, shown]) => {
    const [less, more] = [amount(low), amount(high)];
    if (less === undefined || more === undefined || less.nanos <= more.nanos) return [];
    const ofLimits = low === 'defaultRequest' && high === 'default';
    const [left, right] = [wordOf(low), ofLimits ? 'default limit' : wordOf(high)];
    const why = `${left} value ${formatQuantity(less)} is greater than ${right} value ${formatQuantity(more)}`;
    const value = amount(shown);
    return [invalid(`${field}.${at}[${name}]`, value && formatQuantity(value), why)];
  });
}

const wordOf = (list: List): string => WORDS[list] ?? list;

function compareRatio(field: string, amount: AmountOf): readonly FieldError[] {
  const ratio = amount('maxLimitRequestRatio');
  if (ratio === undefined) return [];
  const text = formatQuantity(ratio);
  const errors: FieldError[] = [];
  if (ratio.nanos < NANO) errors.push(invalid(field, text, `ratio ${text} is less than 1`));
  const [min, max] = [amount('min'), amount('max')];
  if (min === undefined || max === undefined) return errors;
  const most = Number(max.nanos) / Number(min.nanos);
  if (Number(ratio.nanos) / Number(NANO) > most)
    errors.push(invalid(field, text, `ratio ${text} is greater than max/min = ${most.toFixed(6)}`));
  return errors;
}

function compareDefaults(field: string, name: string, amount: AmountOf): readonly FieldError[] {
  const [limit, request] = [amount('default'), amount('defaultRequest')];
  if (isOvercommitted(name) || limit === undefined || request === undefined) return [];
  if (limit.nanos === request.nanos) return [];
  const [one, other] = [formatQuantity(limit), formatQuantity(request)];
  const why = `default value ${one} must equal to defaultRequest value ${other} in ${name}`;
  return [invalid(field, other, why)];
}
