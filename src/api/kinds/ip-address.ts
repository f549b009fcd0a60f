import { parseIp } from '../../net/index.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { IPAddress } from '../types.ts';
import { NAME, text } from './columns.ts';
import { required } from './validate/field-errors.ts';
import { validateImmutable } from './workload/validate.ts';

/** An address of a Service, named after itself. */
export const IP_ADDRESS: KindRow<'IPAddress'> = defineKind('IPAddress', {
  validateName: (name) => {
    const ip = parseIp(name);
    if (ip === undefined) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
    return ip.text === name ? [] : [`must be in canonical form (${JSON.stringify(ip.text)})`];
  },
  validate: (address, old) => [
    ...validateParent(address),
    ...(old ? validateImmutable('spec.parentRef', address.spec.parentRef, old.spec.parentRef) : []),
  ],
  columns: [
    NAME,
    text('ParentRef', ({ spec }) => {
      const { group, resource, namespace, name } = spec.parentRef;
      const parts = [group, resource, namespace, name];
      return parts.filter((part) => part !== undefined && part !== '').join('/');
    }),
  ],
});

function validateParent({ spec }: IPAddress): readonly FieldError[] {
  return (['resource', 'name'] as const)
    .filter((field) => spec.parentRef[field] === '')
    .map((field) => required(`spec.parentRef.${field}`));
}
