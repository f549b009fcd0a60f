import type { Service, ServicePort } from '../api/index.ts';

/**
 * The variables that tell a container of one Service: `WEB_SERVICE_HOST`, `WEB_SERVICE_PORT`, `WEB_PORT_80_TCP_ADDR`…
 *
 * @returns none for a Service without a cluster IP.
 * @see kubernetes pkg/kubelet/envvars FromServices
 */
export function serviceVariables({
  metadata,
  spec,
}: Service): readonly (readonly [name: string, value: string])[] {
  const clusterIP = spec?.clusterIP ?? '';
  const [first] = spec?.ports ?? [];
  if (clusterIP === '' || clusterIP === 'None' || first === undefined) return [];
  const prefix = variableName(metadata.name);
  const ports = spec?.ports ?? [];
  return [
    [`${prefix}_SERVICE_HOST`, clusterIP],
    [`${prefix}_SERVICE_PORT`, `${first.port}`],
    ...ports.filter(({ name = '' }) => name !== '').map(variableOfNamedPort(prefix)),
    [`${prefix}_PORT`, portUrl(clusterIP, first)],
    ...ports.flatMap((port) => linkVariables(prefix, clusterIP, port)),
  ];
}

type Variable = readonly [name: string, value: string];

function variableOfNamedPort(prefix: string): (port: ServicePort) => Variable {
  return ({ name = '', port }) => [`${prefix}_SERVICE_PORT_${variableName(name)}`, `${port}`];
}

/** What container links once gave. */
function linkVariables(prefix: string, clusterIP: string, port: ServicePort): readonly Variable[] {
  const protocol = port.protocol ?? 'TCP';
  const portPrefix = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
  return [
    [portPrefix, portUrl(clusterIP, port)],
    [`${portPrefix}_PROTO`, protocol.toLowerCase()],
    [`${portPrefix}_PORT`, `${port.port}`],
    [`${portPrefix}_ADDR`, clusterIP],
  ];
}

function portUrl(clusterIP: string, { protocol = 'TCP', port }: ServicePort): string {
  const host = clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP;
  return `${protocol.toLowerCase()}://${host}:${port}`;
}

function variableName(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
