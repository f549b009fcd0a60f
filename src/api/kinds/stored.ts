/** Kinds that are stored as they are: all that is known of them is how they are printed. */
import { ageOf } from '../human-duration.ts';
import { defineKind, type Column, type KindRow } from '../kind.ts';
import { NAME, text, wide } from './columns.ts';
import { at, items, listed, word } from './object-path.ts';

/** Rows with columns of their own, and nothing else. */
export const STORED_KINDS: readonly KindRow[] = [
  printed('HTTPRoute.gateway.networking.k8s.io', routeColumns()),
  printed('GRPCRoute.gateway.networking.k8s.io', routeColumns()),
  printed('GatewayClass.gateway.networking.k8s.io', [
    NAME,
    text('Controller', (object) => word(object, 'spec.controllerName')),
    text('Accepted', (object) => condition(object, 'Accepted')),
    dateAge(),
    wide('Description', (object) => word(object, 'spec.description')),
  ]),
  printed('Gateway.gateway.networking.k8s.io', [
    NAME,
    text('Class', (object) => word(object, 'spec.gatewayClassName')),
    text('Address', (object) => listed(object, 'status.addresses', 'value')),
    text('Programmed', (object) => condition(object, 'Programmed')),
    dateAge(),
  ]),
];

function printed(name: string, columns: readonly Column[]): KindRow {
  return defineKind(name, { columns });
}

/** Columns of custom resources are printed as JSONPath finds them: lists as JSON. */
function routeColumns(): readonly Column[] {
  return [
    NAME,
    text('Hostnames', (object) => {
      const hostnames = at(object, 'spec.hostnames');
      return hostnames === undefined ? '' : JSON.stringify(hostnames);
    }),
    dateAge(),
  ];
}

function dateAge(): Column {
  return {
    name: 'Age',
    type: 'date',
    priority: 0,
    value: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
  };
}

function condition(object: unknown, type: string): string {
  const found = items(object, 'status.conditions').find((item) => at(item, 'type') === type);
  return word(found, 'status');
}
