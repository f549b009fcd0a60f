import { deepEqual } from '../deep-equal.ts';
import { parseIp } from '../../net/index.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsLabel, checkDnsSubdomain, checkLabelValue, checkQualifiedName } from '../names.ts';
import type { DiscoveryEndpointPort, Endpoint, EndpointSlice } from '../types.ts';
import { AGE, NAME, showSome, text } from './columns.ts';
import { validateIp, validateReachableIp } from './validate/addresses.ts';
import { compact } from './validate/compact.ts';
import {
  duplicate,
  invalid,
  invalidEach,
  oneOf,
  required,
  tooMany,
} from './validate/field-errors.ts';
import { PROTOCOLS } from './validate/ports.ts';
import { validateImmutable } from './workload/validate.ts';

const ADDRESS_TYPES: readonly string[] = ['FQDN', 'IPv4', 'IPv6'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_HINTS = 8;
const SHOWN = 3;

/** Some of the endpoints of a Service. */
export const ENDPOINT_SLICE: KindRow<'EndpointSlice'> = defineKind('EndpointSlice', {
  isNewGeneration: (slice, old, isUsually) =>
    isUsually || !deepEqual(slice.metadata.labels, old.metadata.labels),
  defaults: (slice) => ({
    ...slice,
    // The topology is of the beta version, and not taken by this one.
    endpoints: (slice.endpoints ?? []).map((endpoint) =>
      compact<Endpoint>({
        ...endpoint,
        conditions: endpoint.conditions ?? {},
        deprecatedTopology: undefined,
      }),
    ),
    ports: (slice.ports ?? []).map((port) => ({
      ...port,
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
    })),
  }),
  validate: (slice, old) => [
    ...oneOf('addressType', slice.addressType, ADDRESS_TYPES),
    ...validatePorts(slice.ports ?? []),
    ...validateNewEndpoints(slice, old),
    ...(old ? validateImmutable('addressType', slice.addressType, old.addressType) : []),
  ],
  columns: [
    NAME,
    text('AddressType', ({ addressType }) => addressType),
    text('Ports', ({ ports }) => shown((ports ?? []).map(portText))),
    text('Endpoints', ({ endpoints }) => shown((endpoints ?? []).flatMap((e) => e.addresses))),
    AGE,
  ],
});

function shown(items: readonly string[]): string {
  const line = showSome(items, SHOWN);
  return line === '' ? '<unset>' : line;
}

function portText({ port, name }: DiscoveryEndpointPort): string {
  return port === undefined ? (name ?? '*') : String(port);
}

function validatePorts(ports: readonly DiscoveryEndpointPort[]): readonly FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany('ports', ports.length, MAX_PORTS)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const field = `ports[${index}]`;
    const errors = name === '' ? [] : [...invalidEach(`${field}.name`, name, checkDnsLabel(name))];
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    errors.push(...oneOf(`${field}.protocol`, protocol, PROTOCOLS));
    if (appProtocol === undefined) return errors;
    const problems = checkQualifiedName(appProtocol);
    return [...errors, ...invalidEach(`${field}.appProtocol`, appProtocol, problems)];
  });
}

/** What was taken once is not refused later. */
function validateNewEndpoints(
  slice: EndpointSlice,
  old: EndpointSlice | undefined,
): readonly FieldError[] {
  const errors = validateEndpoints(slice);
  return errors.length > 0 && deepEqual(slice.endpoints, old?.endpoints) ? [] : errors;
}

function validateEndpoints({ endpoints = [], addressType }: EndpointSlice): readonly FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS)
    return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  return endpoints.flatMap((endpoint, index) => {
    const field = `endpoints[${index}]`;
    return [
      ...validateAddresses(`${field}.addresses`, endpoint.addresses, addressType),
      ...(endpoint.nodeName === undefined
        ? []
        : invalidEach(
            `${field}.nodeName`,
            endpoint.nodeName,
            checkDnsSubdomain(endpoint.nodeName),
          )),
      ...(endpoint.hostname === undefined
        ? []
        : invalidEach(`${field}.hostname`, endpoint.hostname, checkDnsLabel(endpoint.hostname))),
      ...validateHints(`${field}.hints.forZones`, endpoint.hints?.forZones, checkLabelValue),
      ...validateHints(`${field}.hints.forNodes`, endpoint.hints?.forNodes, checkDnsSubdomain),
    ];
  });
}

function validateAddresses(
  field: string,
  addresses: readonly string[],
  addressType: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(field, 'must contain at least 1 address'));
  else if (addresses.length > MAX_ADDRESSES)
    errors.push(tooMany(field, addresses.length, MAX_ADDRESSES));
  addresses.forEach((address, index) => {
    const path = `${field}[${index}]`;
    if (addressType === 'FQDN') errors.push(...validateDomain(path, address));
    if (addressType !== 'IPv4' && addressType !== 'IPv6') return;
    const malformed = validateIp(path, address);
    errors.push(...malformed);
    if (malformed.length > 0) return;
    // The list, not its entry, is what the API names here.
    if (parseIp(address)?.family !== addressType)
      errors.push(invalid(field, address, `must be an ${addressType} address`));
    errors.push(...validateReachableIp(path, address));
  });
  return errors;
}

function validateDomain(field: string, domain: string): readonly FieldError[] {
  if (domain === '') return [required(field)];
  const name = domain.replace(/\.$/, '');
  const problems = checkDnsSubdomain(name);
  if (problems.length > 0) return invalidEach(field, name, problems);
  return name.includes('.')
    ? []
    : [invalid(field, name, 'should be a domain with at least two segments separated by dots')];
}

function validateHints(
  field: string,
  hints: readonly { readonly name: string }[] | undefined,
  check: (name: string) => readonly string[],
): readonly FieldError[] {
  if (hints === undefined) return [];
  if (hints.length > MAX_HINTS) return [tooMany(field, hints.length, MAX_HINTS)];
  const names = new Set<string>();
  return hints.flatMap(({ name }, index) => {
    const path = `${field}[${index}].name`;
    const isTaken = names.has(name);
    names.add(name);
    return [...(isTaken ? [duplicate(path, name)] : []), ...invalidEach(path, name, check(name))];
  });
}
