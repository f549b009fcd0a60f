import {
  isOvercommitted,
  validateContainerResourceName,
  validateHardAmount,
} from '../../admission-plugins/resource-names.ts';
import type { FieldError } from '../../errors.ts';
import { checkDnsLabel } from '../../names.ts';
import { canonicalQuantity, nanosOf } from '../../quantity.ts';
import type { Quantity, ResourceRequirements } from '../../types.ts';
import { duplicate, forbidden, invalid, invalidEach, required } from '../validate/field-errors.ts';

type Amounts = Readonly<Record<string, Quantity>>;

const HUGE_PAGES = 'hugepages-';
const NANO = 1_000_000_000n;

/** What a container asks for, and may have at most. @see kubernetes `validateResourceRequirements` */
export function validateResources(
  field: string,
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  podClaims: readonly string[] = [],
): readonly FieldError[] {
  return [
    ...Object.entries(limits).flatMap(([name, amount]) =>
      validateAmount(`${field}.limits[${name}]`, name, amount),
    ),
    ...Object.entries(requests).flatMap(([name, amount]) => [
      ...validateAmount(`${field}.requests[${name}]`, name, amount),
      ...validateRequest(field, name, { amount, limits }),
    ]),
    ...validateHugePages(field, limits, requests),
    ...validateClaims(`${field}.claims`, claims, podClaims),
  ];
}

function validateAmount(field: string, name: string, amount: Quantity): readonly FieldError[] {
  // What nearly all containers ask for.
  const isCommon = name === 'cpu' || name === 'memory';
  return [
    ...(isCommon ? [] : validateContainerResourceName(field, name)),
    ...validateHardAmount(field, name, amount),
    ...(name.startsWith(HUGE_PAGES) && !isMultiple(name, amount)
      ? [
          invalid(
            field,
            canonicalQuantity(amount),
            `${canonicalQuantity(amount)} is not positive integer multiple of ${name}`,
          ),
        ]
      : []),
  ];
}

function isMultiple(name: string, amount: Quantity): boolean {
  const size = nanosOf(name.slice(HUGE_PAGES.length));
  return size > 0n && size % NANO === 0n && nanosOf(amount) % size === 0n;
}

function validateRequest(
  field: string,
  name: string,
  { amount, limits }: { readonly amount: Quantity; readonly limits: Amounts },
): readonly FieldError[] {
  const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
  const mayDiffer = isOvercommitted(name);
  if (limit === undefined)
    return mayDiffer
      ? []
      : [required(`${field}.limits`, 'Limit must be set for non overcommitable resources')];
  const difference = nanosOf(amount) - nanosOf(limit);
  if (difference === 0n || (mayDiffer && difference < 0n)) return [];
  const what = mayDiffer ? 'less than or equal to' : 'equal to';
  return [
    invalid(
      `${field}.requests`,
      canonicalQuantity(amount),
      `must be ${what} ${name} limit of ${canonicalQuantity(limit)}`,
    ),
  ];
}

function validateHugePages(
  field: string,
  limits: Amounts,
  requests: Amounts,
): readonly FieldError[] {
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  const hasPages = names.some((name) => name.startsWith(HUGE_PAGES));
  return hasPages && !names.includes('cpu') && !names.includes('memory')
    ? [forbidden(field, 'HugePages require cpu or memory')]
    : [];
}

function validateClaims(
  field: string,
  claims: NonNullable<ResourceRequirements['claims']>,
  podClaims: readonly string[],
): readonly FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap(({ name, request = '' }, index) => {
    const path = `${field}[${index}]`;
    if (name === '') return [required(path)];
    const key = request === '' ? name : `${name}/${request}`;
    const isWhole = [...seen].some((other) => request === '' && other.startsWith(`${name}/`));
    const taken = seen.has(name) ? name : seen.has(key) || isWhole ? key : undefined;
    seen.add(key);
    return [
      ...(request === '' ? [] : invalidEach(`${path}.request`, request, checkDnsLabel(request))),
      ...(taken === undefined ? [] : [duplicate(path, taken)]),
      ...(podClaims.includes(name) ? [] : [unknownClaim(path, name, podClaims)]),
    ];
  });
}

function unknownClaim(field: string, name: string, podClaims: readonly string[]): FieldError {
  const which = podClaims.length === 0 ? ' which is empty' : `: ${podClaims.join(', ')}`;
  const detail = `must be one of the names in pod.spec.resourceClaims${which}`;
  return { type: 'NotFound', field, message: `Not found: ${JSON.stringify(name)}: ${detail}` };
}
