import type { Query } from '../../query.ts';
import type { KubernetesSettings } from './options.ts';
import {
  hostOf,
  type EndpointRecord,
  type Host,
  type PortRecord,
  type ServiceRecords,
  type SliceRecords,
} from './records.ts';
import type { RecordRequest, ServiceRequest } from './request.ts';
import type { ClusterRecords } from './tables.ts';

/** One thing that a name stands for. */
export interface Target {
  readonly host: Host;
  /** undefined for no port at all: then there is no SRV record. */
  readonly port: number | undefined;
  /** Its own name, without the zone: `db-0.db.prod.svc`. */
  readonly owner: string;
}

export interface FindContext {
  readonly records: ClusterRecords;
  readonly settings: KubernetesSettings;
  readonly isMulticluster: boolean;
  readonly explain: Query['explain'];
}

/**
 * What the asked name stands for.
 *
 * @returns Nothing (an empty list) for a name that exists and holds nothing; undefined for one that does not exist.
 */
export function findTargets(
  request: RecordRequest,
  context: FindContext,
): readonly Target[] | undefined {
  if (request.kind === 'apex') return [];
  if (request.kind === 'invalid') return missing(context, 'no name of the Kubernetes DNS schema');
  const { namespace } = request;
  if (!context.records.hasNamespace(namespace))
    return missing(context, `no namespace ${namespace}`, `namespace ${namespace}`);
  switch (request.kind) {
    case 'namespace': {
      const isHidden = request.tree === 'pod' && context.settings.pods === 'disabled';
      return isHidden ? missing(context, 'names of Pods are disabled') : [];
    }
    case 'pod':
      return findPod(request.namespace, request.pod, context);
    case 'service':
      return findService(request, context);
    default:
      return request satisfies never;
  }
}

function findPod(
  namespace: string,
  pod: string,
  { records, settings, explain }: FindContext,
): readonly Target[] | undefined {
  if (settings.pods === 'disabled') return missing({ explain }, 'names of Pods are disabled');
  const isIPv4 = /^[^-]*(-[^-]+){3}$/.test(pod);
  const address = pod.replaceAll('-', isIPv4 ? '.' : ':');
  const host = hostOf(address);
  if (host.kind === 'name') return missing({ explain }, `${pod} is no dashed address`);
  if (settings.pods === 'verified' && !records.hasPod(namespace, address))
    return missing({ explain }, `no running Pod of ${namespace} has ${address}`);
  explain?.({ part: 'dns', outcome: 'pass', what: `${pod} is ${address} in dashes` });
  return [{ host, port: 0, owner: `${pod}.${namespace}.pod` }];
}

function findService(request: ServiceRequest, context: FindContext): readonly Target[] | undefined {
  const { records, settings, isMulticluster } = context;
  const { namespace, service: name } = request;
  const service = isMulticluster
    ? records.serviceImport(namespace, name)
    : records.service(namespace, name);
  const object = `${isMulticluster ? 'serviceimport' : 'service'} ${namespace}/${name}`;
  if (service === undefined) return missing(context, `no ${object}`, object);
  const isExternal = service.type === 'ExternalName';
  const isPlain = service.type === 'ClusterIP';
  if (isPlain && settings.ignoresEmptyServices && !hasEndpoints(service))
    return missing(context, 'no ready endpoints, and empty Services are ignored', object);
  const targets = isExternal
    ? externalTargets(service, request)
    : request.endpoint === undefined && isPlain
      ? clusterTargets(service, request)
      : endpointTargets(service, request);
  if (targets === undefined) return missing(context, reasonFor(service, request), object);
  context.explain?.({
    part: 'dns',
    outcome: 'pass',
    what: `${service.type} ${[...new Set(targets.map(({ host }) => describe(host)))].join(', ')}`.trim(),
    object,
  });
  return targets;
}

/** An externalName that is an address is not answered at all, and there is nothing below the name. */
function externalTargets(
  { namespace, name, hosts }: ServiceRecords,
  request: ServiceRequest,
): readonly Target[] | undefined {
  const isBelow =
    request.endpoint !== undefined ||
    request.zone !== undefined ||
    request.port !== '' ||
    request.protocol !== '';
  const [host] = hosts;
  if (isBelow || host?.kind !== 'name') return undefined;
  return [{ host, port: 0, owner: `${name}.${namespace}.svc` }];
}

function clusterTargets(
  { namespace, name, hosts, ports }: ServiceRecords,
  request: ServiceRequest,
): readonly Target[] | undefined {
  if (request.zone !== undefined) return undefined;
  const matching = ports.filter((port) => matchesPort(port, request));
  if (matching.length === 0) return undefined;
  const owner = `${name}.${namespace}.svc`;
  return matching.flatMap(({ port }) => hosts.map((host) => ({ host, port, owner })));
}

function endpointTargets(
  service: ServiceRecords,
  request: ServiceRequest,
): readonly Target[] | undefined {
  const { zone } = request;
  if (zone === undefined) {
    const targets = targetsIn(service, request, () => true);
    return targets.length === 0 ? undefined : targets;
  }
  if (service.type !== 'Headless') return undefined;
  const local = targetsIn(service, request, (endpoint) => endpoint.zone === zone.name);
  const isEnough = local.length > 0 || zone.directive === 'pin';
  return isEnough ? local : targetsIn(service, request, () => true);
}

function targetsIn(
  service: ServiceRecords,
  request: ServiceRequest,
  accepts: (endpoint: EndpointRecord) => boolean,
): readonly Target[] {
  const targets: Target[] = [];
  for (const slice of service.slices)
    for (const endpoint of slice.endpoints) {
      if (!accepts(endpoint) || !isAsked(endpoint, slice, request)) continue;
      const place = slice.cluster === '' ? '' : `${slice.cluster}.`;
      const owner = `${endpoint.label}.${place}${service.name}.${service.namespace}.svc`;
      for (const port of slice.ports)
        if (matchesPort(port, request))
          targets.push({ host: endpoint.host, port: port.port, owner });
    }
  return targets;
}

function isAsked(endpoint: EndpointRecord, slice: SliceRecords, request: ServiceRequest): boolean {
  if (request.endpoint === undefined) return true;
  const isHere = (request.cluster ?? '') === slice.cluster.toLowerCase();
  return isHere && endpoint.label.toLowerCase() === request.endpoint;
}

function matchesPort({ name, protocol }: PortRecord, request: ServiceRequest): boolean {
  const isNamed = request.port === '' || request.port === name;
  return isNamed && (request.protocol === '' || request.protocol === protocol);
}

function hasEndpoints({ slices }: ServiceRecords): boolean {
  return slices.some(({ endpoints }) => endpoints.length > 0);
}

function reasonFor(service: ServiceRecords, request: ServiceRequest): string {
  if (service.type === 'ExternalName')
    return 'an ExternalName has no addresses, ports or endpoints';
  if (request.endpoint !== undefined) return `no ready endpoint is called ${request.endpoint}`;
  if (service.type === 'Headless' && !hasEndpoints(service))
    return 'headless, without ready endpoints';
  if (request.zone !== undefined) return 'only headless Services have names by zone';
  return `no port ${request.port}/${request.protocol}`;
}

function describe(host: Host): string {
  return host.kind === 'name' ? host.name : host.address;
}

function missing(
  { explain }: Pick<FindContext, 'explain'>,
  what: string,
  object?: string,
): undefined {
  explain?.({ part: 'dns', outcome: 'fail', what, ...(object === undefined ? {} : { object }) });
}
