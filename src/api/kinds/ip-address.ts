import { parseIp } from '../../net/index.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsSubdomain, checkPathSegment } from '../names.ts';
import type { IPAddress, ParentReference } from '../types.ts';
import { NAME, text } from './columns.ts';
import { invalidEach, required } from './validate/field-errors.ts';
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
    ...(old
      ? validateImmutable(
          'spec.parentRef',
          goParent(address.spec.parentRef),
          goParent(old.spec.parentRef),
        )
      : []),
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

/** What has an address: a resource of a group, the core one if it is empty, perhaps in a namespace. */
function validateParent({ spec }: IPAddress): readonly FieldError[] {
  const { group = '', resource, name, namespace = '' } = spec.parentRef;
  const path = 'spec.parentRef';
  const segment = (field: string, value: string): readonly FieldError[] =>
    value === '' ? [] : invalidEach(`${path}.${field}`, value, checkPathSegment(value));
  return [
    ...(group === '' ? [] : invalidEach(`${path}.group`, group, checkDnsSubdomain(group))),
    ...(resource === '' ? [required(`${path}.resource`)] : segment('resource', resource)),
    ...(name === '' ? [required(`${path}.name`)] : segment('name', name)),
    ...segment('namespace', namespace),
  ];
}

/** As Go shows a parent of its own. */
function goParent({ group = '', resource, namespace = '', name }: ParentReference): object {
  return { Group: group, Resource: resource, Namespace: namespace, Name: name };
}
