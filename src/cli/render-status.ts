import type {
  ClusterStatus,
  Listening,
  ServicePortStatus,
  ServiceStatus,
  UnreadyPod,
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
      status.services.flatMap((service) => serviceRows(service, elsewhereOf(service, status))),
    ),
    '',
    ...frontDoors(status),
    ...unreadyLines(pods.unready, terminal),
    ...status.warnings.map((warning) => renderProblem('warning', warning, terminal)),
  ].join('\n');
}

/** More Pods than these are a number. */
const SHOWN_PODS = 5;

function unreadyLines(
  pods: readonly UnreadyPod[],
  terminal: Pick<Terminal, 'style'>,
): readonly string[] {
  const head = terminal.style('yellow', '⚠ not ready');
  const lines = pods
    .slice(0, SHOWN_PODS)
    .map(({ namespace, name, reason }) =>
      [`${head}: Pod ${namespace}/${name}`, reason ?? []].flat().join(': '),
    );
  const hidden = pods.length - lines.length;
  return hidden === 0
    ? lines
    : [...lines, `${head}: ${count(hidden, 'more Pod')}; podlane get pods -A lists all`];
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

/** What stands where the host has no address to a Service. */
function elsewhereOf({ ports }: ServiceStatus, { entry }: ClusterStatus): string {
  return entry === undefined || ports.length === 0 ? '-' : 'through the entry';
}

function serviceRows(service: ServiceStatus, elsewhere: string): (string | number)[][] {
  const { namespace, name, type, clusterIPs, endpoints } = service;
  const [clusterIP = type === 'ExternalName' ? (service.externalName ?? '') : 'None'] = clusterIPs;
  const counts = type === 'ExternalName' ? '-' : `${endpoints.ready}/${endpoints.total}`;
  const ways = service.ports.flatMap(portWays);
  const [first = clusterIP === 'None' ? 'by name and Pod address' : elsewhere, ...more] = ways;
  return [
    [namespace, name, type, clusterIP, first, counts],
    ...more.map((way) => ['', '', '', '', way, '']),
  ];
}

/** One line a way. */
function portWays({ port, protocol, reach, unreachable }: ServicePortStatus): string[] {
  const label = protocol === 'TCP' ? '' : ` (${protocol})`;
  const ways = Map.groupBy(reach, (way) => `${way.via} ${way.port}`);
  const lines = [...ways.values()].flatMap((places) => {
    const [way] = places;
    if (way === undefined) return [];
    const moved = way.via === 'nodePort' || way.port === port ? '' : ` (port ${port})`;
    const via = way.via === 'clusterIP' ? '' : ` ${way.via}`;
    return [`${foldAddresses(places)}:${way.port}${moved}${via}${label}`];
  });
  // What is so at 127.0.0.1 and at ::1 is said once.
  const reasons = new Map(
    (unreachable ?? []).toReversed().map((reason) => [placeless(reason), reason]),
  );
  const told = [...reasons.values()].toReversed();
  return [...lines, ...told.map((reason) => `${port}${label}: ${reason}`)];
}

function placeless(reason: string): string {
  return reason.replaceAll(/127\.0\.0\.1|\[::1\]/g, '');
}

/** More addresses than these are a number. */
const SHOWN_ADDRESSES = 5;

/** `127.0.0.1, .11, .12, [::1]`: of addresses that differ in the last octet alone, the first one in full. */
function foldAddresses(places: readonly Listening[]): string {
  const addresses = places.map(({ address }) => address);
  // The one of IPv6 last, so that those of IPv4 stand side by side.
  const ordered = addresses.toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
  const shown = ordered.slice(
    0,
    ordered.length > SHOWN_ADDRESSES ? SHOWN_ADDRESSES - 1 : undefined,
  );
  const folded = shown.map((address, index) => {
    if (address.includes(':')) return `[${address}]`;
    const dot = address.lastIndexOf('.');
    const isSibling =
      index > 0 && shown[index - 1]?.slice(0, dot + 1) === address.slice(0, dot + 1);
    return isSibling ? address.slice(dot) : address;
  });
  const hidden = ordered.length - shown.length;
  return hidden === 0 ? folded.join(', ') : `${folded.join(', ')} and ${hidden} more`;
}

function frontDoors({ ingress, ingresses, dns, entry, api, deny }: ClusterStatus): string[] {
  const lines: string[] = [];
  for (const { namespace, name, urls, unserved } of ingresses)
    lines.push(`Ingress  ${namespace}/${name}  ${unserved ?? urls.join('  ')}`);
  if (ingress?.http !== undefined && ingresses.length === 0)
    lines.push(`Ingress  http://${hostPort(ingress.http)}/`);
  if (dns !== undefined)
    lines.push(`DNS      dig @${dns.address} -p ${dns.port} NAME.NAMESPACE.svc.cluster.local`);
  if (entry !== undefined)
    lines.push(`Entry    curl -x socks5h://${hostPort(entry)} http://NAME.NAMESPACE`);
  if (api !== undefined) {
    const how =
      api.context === undefined ? `--kubeconfig ${api.kubeconfig}` : `--context ${api.context}`;
    lines.push(`API      kubectl ${how} get pods -A`);
  }
  if (deny === 'reject')
    lines.push('Policies connections that policies deny are refused at once, not dropped');
  return lines;
}

function hostPort({ address, port }: Listening): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
