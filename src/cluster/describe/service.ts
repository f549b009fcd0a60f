import type { EndpointSlice, Service, StoreReader } from '../../api/index.ts';
import { pairs, row, type Part, type Row } from './parts.ts';

/** A Service with the ready endpoints of each port. */
export function describeService(service: Service, reader: StoreReader): readonly Part[] {
  const { spec = {}, status, metadata } = service;
  const slices = reader.list('EndpointSlice', {
    namespace: metadata.namespace ?? '',
    labelSelector: `kubernetes.io/service-name=${metadata.name}`,
  });
  return [
    ['Selector', ...pairs(spec.selector)],
    ...row('Type', spec.type),
    ...row('IP Family Policy', spec.ipFamilyPolicy),
    ...row('IP Families', spec.ipFamilies?.join(',')),
    ...row('IP', spec.clusterIP),
    ...row('IPs', spec.clusterIPs?.join(',')),
    ...row('External Name', spec.externalName),
    ...row('External IPs', spec.externalIPs?.join(',')),
    ...row(
      'LoadBalancer Ingress',
      status?.loadBalancer?.ingress?.map(({ ip, hostname }) => ip ?? hostname).join(', '),
    ),
    ...(spec.ports ?? []).flatMap((port) => portRows(port, slices)),
    ...row('Session Affinity', spec.sessionAffinity),
    ...row('External Traffic Policy', spec.externalTrafficPolicy),
    ...row('Internal Traffic Policy', spec.internalTrafficPolicy),
  ];
}

type Port = NonNullable<NonNullable<Service['spec']>['ports']>[number];

function portRows(port: Port, slices: readonly EndpointSlice[]): readonly Row[] {
  const { name = '<unset>', protocol = 'TCP', targetPort = port.port, nodePort } = port;
  return [
    ['Port', `${name}  ${port.port}/${protocol}`],
    ['TargetPort', `${targetPort}/${protocol}`],
    ...row('NodePort', nodePort === undefined ? undefined : `${name}  ${nodePort}/${protocol}`),
    ['Endpoints', endpointsOf(slices, port.name ?? '')],
  ];
}

function endpointsOf(slices: readonly EndpointSlice[], portName: string): string {
  const all = slices.flatMap(({ endpoints, ports }) => {
    const ready = (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses);
    const numbers = (ports ?? [])
      .filter(({ name = '' }) => name === portName)
      .map(({ port }) => port);
    return numbers.flatMap((number) => ready.map((address) => `${address}:${number}`));
  });
  if (all.length === 0) return '<none>';
  const shown = all.slice(0, 3).join(',');
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}
