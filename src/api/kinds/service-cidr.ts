import { parseCidr } from '../../net/index.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import { AGE, NAME, text } from './columns.ts';
import { cidrFamily, validateCidr } from './validate/addresses.ts';
import { invalid, required } from './validate/field-errors.ts';
import { validateImmutable } from './workload/validate.ts';

/** A range of addresses for Services. */
export const SERVICE_CIDR: KindRow<'ServiceCIDR'> = defineKind('ServiceCIDR', {
  defaults: (range) => ({ ...range, spec: range.spec ?? {}, status: range.status ?? {} }),
  prepareForCreate: (range) => ({ ...range, status: {} }),
  validate: ({ spec }, old) =>
    old === undefined
      ? validateCidrs(spec?.cidrs ?? [])
      : validateImmutable('spec.cidrs', spec?.cidrs, old.spec?.cidrs),
  columns: [NAME, text('CIDRs', ({ spec }) => (spec?.cidrs ?? []).join(',')), AGE],
});

function validateCidrs(cidrs: readonly string[]): readonly FieldError[] {
  const field = 'spec.cidrs';
  if (cidrs.length === 0) return [required(field, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid(field, cidrs, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, index) => validateCanonical(`${field}[${index}]`, cidr));
  const families = new Set(cidrs.map(cidrFamily));
  if (errors.length === 0 && families.size < cidrs.length)
    return [
      invalid(
        field,
        cidrs,
        'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96',
      ),
    ];
  return errors;
}

function validateCanonical(field: string, cidr: string): readonly FieldError[] {
  const errors = validateCidr(field, cidr);
  const canonical = parseCidr(cidr)?.text;
  if (errors.length > 0 || canonical === undefined || canonical === cidr) return errors;
  return [invalid(field, cidr, `must be in canonical form (${JSON.stringify(canonical)})`)];
}
