import type {
  ClusterStatus,
  Listening,
  ServicePortStatus,
  ServiceStatus,
  Warning,
} from '../control/index.ts';
import { renderTable } from './render-table.ts';
import type { Terminal } from './terminal.ts';

/** The table of what is reachable where, with the lines to paste. */
export function renderStatus(status: ClusterStatus, terminal: Pick<Terminal, 'style'>): string {
  const { name, version, objects, namespaces, seed, readyMs, pods } = status;
  const head = `podlane ${version} · ${name} · ${count(objects, 'object')} · ${count(namespaces, 'namespace')} · ${pods.ready}/${pods.total} Pods ready · seed ${seed} · ready in ${Math.round(readyMs)} ms`;
  return [
    terminal.style('bold', head),
    '',
    renderTable(
      ['Namespace', 'Service', 'Type', 'Cluster-IP', 'Reach it at', 'Endpoints'],
      status.services.flatMap(serviceRows),
    ),
    '',
    ...frontDoors(status),
    ...status.warnings.map((warning) => renderProblem('warning', warning, terminal)),
  ].join('\n');
}

/** A warning or an error: where, what it is about, what is wrong, what to do. */
export function renderProblem(
  severity: 'warning' | 'error',
  { object, file, line, column, message, hint }: Warning & { readonly hint?: string },
  terminal: Pick<Terminal, 'style'>,
): string {
  const head =
    severity === 'error' ? terminal.style('red', '✗ error') : terminal.style('yellow', '⚠ warning');
  const place =
    file === undefined
      ? ''
      : `${[file, line, column].filter((part) => part !== undefined).join(':')}: `;
  const text = `${head}: ${place}${object === undefined ? '' : `${object}: `}${message}`;
  return hint === undefined ? text : `${text}\n  ${hint}`;
}

function serviceRows(service: ServiceStatus): (string | number)[][] {
  const { namespace, name, type, clusterIPs, endpoints } = service;
  const [clusterIP = type === 'ExternalName' ? (service.externalName ?? '') : 'None'] = clusterIPs;
  const counts = type === 'ExternalName' ? '-' : `${endpoints.ready}/${endpoints.total}`;
  const ways = service.ports.flatMap(portWays);
  const [first = clusterIP === 'None' ? 'by name and Pod address' : '-', ...more] = ways;
  return [
    [namespace, name, type, clusterIP, first, counts],
    ...more.map((way) => ['', '', '', '', way, '']),
  ];
}

function portWays({ port, protocol, reach, unreachable }: ServicePortStatus): string[] {
  const label = protocol === 'TCP' ? '' : ` (${protocol})`;
  const ways = reach.map((way) => {
    const moved = way.via === 'nodePort' || way.port === port ? '' : ` (port ${port})`;
    return `${hostPort(way)}${moved}${way.via === 'clusterIP' ? '' : ` ${way.via}`}${label}`;
  });
  return [...ways, ...(unreachable ?? []).map((reason) => `${port}${label}: ${reason}`)];
}

function frontDoors({ ingress, ingresses, dns, entry }: ClusterStatus): string[] {
  const lines: string[] = [];
  for (const { namespace, name, urls } of ingresses)
    lines.push(`Ingress  ${namespace}/${name}  ${urls.join('  ')}`);
  if (ingress?.http !== undefined && ingresses.length === 0)
    lines.push(`Ingress  http://${hostPort(ingress.http)}/`);
  if (dns !== undefined)
    lines.push(`DNS      dig @${dns.address} -p ${dns.port} NAME.NAMESPACE.svc.cluster.local`);
  if (entry !== undefined)
    lines.push(`Entry    curl -x socks5h://${hostPort(entry)} http://NAME.NAMESPACE`);
  return lines;
}

function hostPort({ address, port }: Listening): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
