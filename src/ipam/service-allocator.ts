import type {
  Allocator,
  IPAddress,
  KubeObject,
  Reservation,
  ReserveOptions,
  Service,
  ServiceCIDR,
} from '../api/index.ts';
import { parseCidr, parseIp, type Cidr, type Ip } from '../net/index.ts';
import { DEFAULT_NODE_PORT_RANGE, NodePorts, parsePortRange } from './node-ports.ts';
import { allocateClusterIPs } from './service-cluster-ips.ts';
import { draftOf, hasHealthCheck, nodePortsOf, ownerKey } from './service-draft.ts';
import { initFamilies } from './service-families.ts';
import { ServiceIps } from './service-ips.ts';
import { normalizeClusterIPs } from './normalize-cluster-ips.ts';
import { patchAllocatedValues } from './patch-allocated-values.ts';
import { allocateNodePorts, NodePortOperation } from './service-node-ports.ts';
import type { ServiceAllocatorKind } from './service-range.ts';
import { Transaction } from './transaction.ts';

export interface ServiceAllocatorOptions {
  /** One prefix a family, the primary one first; a ServiceCIDR object named `kubernetes` overrides them. */
  readonly serviceCIDRs: readonly string[];
  /** @default '30000-32767' */
  readonly nodePortRange?: string;
  /** Makes free choices repeatable. @default 0 */
  readonly seed?: number;
  /** @default 'ipaddress-objects' */
  readonly kind?: ServiceAllocatorKind;
}

/** The allocator of Services, and what it has given away. */
export interface ServiceAllocator extends Allocator {
  readonly ips: ServiceIps;
  readonly nodePorts: NodePorts;
}

/**
 * Gives Services their cluster IPs, node ports and health-check ports, and works out their IP families.
 *
 * Free choices start from a hash of the seed, the Service's namespace and name, and the port's name, and go on upwards
 * where that place is taken: the same Services get the same addresses in every run, whatever the order, and a Service
 * that is deleted and made again gets back what it had.
 *
 * ServiceCIDR objects add ranges while they are ready; IPAddress objects that nobody's Service stands behind hold theirs.
 *
 * @throws IpamError `ERR_IPAM_CONFIG`
 */
export function createServiceAllocator(options: ServiceAllocatorOptions): ServiceAllocator {
  const { seed = 0, nodePortRange = DEFAULT_NODE_PORT_RANGE } = options;
  const ips = new ServiceIps({ ...options, seed });
  const nodePorts = new NodePorts(parsePortRange(nodePortRange));

  const reserveService = (
    service: Service,
    old: Service | undefined,
    isDryRun: boolean,
  ): Reservation => {
    const draft = draftOf(service, old);
    const transaction = new Transaction();
    patchAllocatedValues(draft);
    normalizeClusterIPs(draft);
    try {
      initFamilies(draft, ips.families);
      allocateClusterIPs({ draft, ips, transaction, isDryRun });
      const operation = new NodePortOperation(nodePorts, transaction, isDryRun);
      allocateNodePorts({ draft, operation, seed });
    } catch (error) {
      transaction.rollback();
      throw error;
    }
    return reservation({ ...service, spec: draft.spec }, transaction);
  };

  const reserve = (
    object: KubeObject,
    old: KubeObject | undefined,
    { isDryRun = false }: ReserveOptions = {},
  ): Reservation => {
    const transaction = new Transaction();
    if (isService(object))
      return reserveService(
        object,
        old !== undefined && isService(old) ? old : undefined,
        isDryRun,
      );
    if (isDryRun) return reservation(object, transaction);
    if (isServiceCIDR(object))
      transaction.afterwards(() => ips.setRanges(object.metadata.name, readyCidrs(object)));
    if (isIPAddress(object) && old === undefined)
      transaction.afterwards(() => holdAddress(ips, object));
    return reservation(object, transaction);
  };

  const restore = (object: KubeObject): void => reserve(object, undefined).commit();

  const release = (object: KubeObject): void => {
    if (isService(object)) releaseService(object, ips, nodePorts);
    if (isServiceCIDR(object)) ips.setRanges(object.metadata.name, []);
    if (isIPAddress(object)) {
      const ip = parseIp(object.metadata.name);
      if (ip !== undefined) ips.release(ip, holderKey(ip));
    }
  };

  const kinds = ['Service', 'ServiceCIDR', 'IPAddress'];
  return { kinds, ips, nodePorts, reserve, restore, release };
}

function releaseService(service: Service, ips: ServiceIps, nodePorts: NodePorts): void {
  const { spec = {} } = service;
  for (const ip of (spec.clusterIPs ?? []).map(parseIp))
    if (ip !== undefined) ips.release(ip, ownerKey(service));
  for (const port of nodePortsOf(spec)) nodePorts.release(port);
  if (hasHealthCheck(spec) && spec.healthCheckNodePort) nodePorts.release(spec.healthCheckNodePort);
}

function reservation(object: KubeObject, transaction: Transaction): Reservation {
  return {
    object,
    commit: () => transaction.commit(),
    rollback: () => transaction.rollback(),
  };
}

/** The ranges of a ServiceCIDR that may be allocated from. Without a condition it counts as ready, as upstream. */
function readyCidrs({ metadata, spec, status }: ServiceCIDR): readonly Cidr[] {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (metadata.deletionTimestamp !== undefined || (ready !== undefined && ready.status !== 'True'))
    return [];
  return (spec?.cidrs ?? []).map(parseCidr).filter((cidr): cidr is Cidr => cidr !== undefined);
}

/** An IPAddress object made by hand takes its address; one that mirrors a Service's changes nothing. */
function holdAddress(ips: ServiceIps, { metadata }: IPAddress): void {
  const ip = parseIp(metadata.name);
  if (ip !== undefined && ips.ownerOf(ip) === undefined) ips.keep(ip, holderKey(ip));
}

function holderKey(ip: Ip): string {
  return `ipaddresses/${ip.text}`;
}

function isService(object: KubeObject): object is Service & KubeObject {
  return object.kind === 'Service' && object.apiVersion === 'v1';
}

function isServiceCIDR(object: KubeObject): object is ServiceCIDR & KubeObject {
  return object.kind === 'ServiceCIDR' && object.apiVersion.startsWith('networking.k8s.io/');
}

function isIPAddress(object: KubeObject): object is IPAddress & KubeObject {
  return object.kind === 'IPAddress' && object.apiVersion.startsWith('networking.k8s.io/');
}
