import { deepEqual } from '../deep-equal.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsLabel, checkDnsSubdomain, checkQualifiedName } from '../names.ts';
import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset } from '../types.ts';
import { AGE, NAME, NONE, showSome, text } from './columns.ts';
import { validateIp, validateReachableIp } from './validate/addresses.ts';
import { nonEmpty } from './validate/compact.ts';
import { invalidEach, oneOf, required } from './validate/field-errors.ts';
import { PROTOCOLS, validatePortNumber } from './validate/ports.ts';

const SHOWN = 3;

/** The endpoints of a Service as they were written before slices. */
export const ENDPOINTS: KindRow<'Endpoints'> = defineKind('Endpoints', {
  defaults: (endpoints) =>
    endpoints.subsets === undefined
      ? endpoints
      : { ...endpoints, subsets: endpoints.subsets.map(defaultSubset) },
  validate: ({ subsets = [] }, old) => {
    const errors = subsets.flatMap((subset, index) => validateSubset(`subsets[${index}]`, subset));
    // What was taken once is not refused later.
    return errors.length > 0 && deepEqual(subsets, old?.subsets) ? [] : errors;
  },
  columns: [NAME, text('Endpoints', endpointsText), AGE],
});

function defaultSubset(subset: EndpointSubset): EndpointSubset {
  if (subset.ports === undefined) return subset;
  return {
    ...subset,
    ports: subset.ports.map((port) => ({ ...port, protocol: nonEmpty(port.protocol) ?? 'TCP' })),
  };
}

function validateSubset(field: string, subset: EndpointSubset): readonly FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const errors: FieldError[] = [];
  if (addresses.length === 0 && notReadyAddresses.length === 0)
    errors.push(required(field, 'must specify `addresses` or `notReadyAddresses`'));
  for (const [name, list] of Object.entries({ addresses, notReadyAddresses }))
    list.forEach((address, index) => {
      errors.push(...validateAddress(`${field}.${name}[${index}]`, address));
    });
  ports.forEach((port, index) => {
    errors.push(...validatePort(`${field}.ports[${index}]`, port, ports.length > 1));
  });
  return errors;
}

function validateAddress(
  field: string,
  { ip, hostname = '', nodeName }: EndpointAddress,
): readonly FieldError[] {
  return [
    ...validateIp(`${field}.ip`, ip),
    ...(hostname === '' ? [] : invalidEach(`${field}.hostname`, hostname, checkDnsLabel(hostname))),
    ...(nodeName === undefined
      ? []
      : invalidEach(`${field}.nodeName`, nodeName, checkDnsSubdomain(nodeName))),
    ...validateReachableIp(`${field}.ip`, ip),
  ];
}

function validatePort(
  field: string,
  { name = '', port, protocol, appProtocol }: EndpointPort,
  isNameRequired: boolean,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (name !== '') errors.push(...invalidEach(`${field}.name`, name, checkDnsLabel(name)));
  else if (isNameRequired) errors.push(required(`${field}.name`));
  errors.push(...validatePortNumber(`${field}.port`, port));
  errors.push(...oneOf(`${field}.protocol`, protocol, PROTOCOLS));
  if (appProtocol === undefined) return errors;
  return [
    ...errors,
    ...invalidEach(`${field}.appProtocol`, appProtocol, checkQualifiedName(appProtocol)),
  ];
}

function endpointsText({ subsets = [] }: Endpoints): string {
  const shown = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  );
  return shown.length === 0 ? NONE : showSome(shown, SHOWN);
}
