import type { Ingress, IngressBackend } from '../../api/index.ts';
import type { Part } from './parts.ts';

/** An Ingress with its rules. */
export function describeIngress({ spec = {}, status }: Ingress): readonly Part[] {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(
    ({ ip, hostname }) => ip ?? hostname ?? '',
  );
  return [
    ['Ingress Class', spec.ingressClassName ?? '<none>'],
    ['Address', addresses.join(',')],
    [
      'Default backend',
      spec.defaultBackend === undefined ? '<default>' : backendText(spec.defaultBackend),
    ],
    {
      title: 'TLS',
      lines: (spec.tls ?? []).map(
        ({ secretName = '<none>', hosts = [] }) => `${secretName} terminates ${hosts.join(',')}`,
      ),
    },
    {
      title: 'Rules',
      lines: (spec.rules ?? []).flatMap(({ host = '*', http }) => [
        host,
        ...(http?.paths ?? []).map(
          ({ path = '/', pathType, backend }) => `  ${path} (${pathType})  ${backendText(backend)}`,
        ),
      ]),
    },
  ];
}

function backendText({ service, resource }: IngressBackend): string {
  if (service === undefined) return `${resource?.kind ?? '<none>'}/${resource?.name ?? ''}`;
  return `${service.name}:${service.port?.name ?? service.port?.number ?? ''}`;
}
