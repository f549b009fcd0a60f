import type { Service } from '../../api/index.ts';
import type { ReachVerdict } from '../../control/index.ts';
import { parseIp, type Flow } from '../../net/index.ts';
import type { Step } from '../../observe/index.ts';
import { flowOf, nodeCaller, type Caller } from '../caller.ts';
import type { Cluster } from '../create-cluster.ts';
import { denialsIn } from '../dns-denial.ts';
import { enterCluster } from '../enter-cluster.ts';
import { resolveHostAs } from '../explain.ts';
import type { ReachTarget } from './find-target.ts';
import type { TargetPort } from './target-port.ts';

/** The flow that leads to a target, or why there can be none. */
export type Place =
  | { readonly kind: 'flow'; readonly flow: Flow; readonly steps: readonly Step[] }
  | {
      readonly kind: 'nowhere';
      readonly verdict: ReachVerdict;
      readonly why: string;
      readonly steps: readonly Step[];
      /** What would lead to the target for who finds it. */
      readonly flow?: Flow;
    };

/** Where `caller` finds a target: by its address, or by DNS, which a policy may keep from it. */
export async function placeOf(
  cluster: Cluster,
  caller: Caller,
  { target, port }: { readonly target: ReachTarget; readonly port: TargetPort },
): Promise<Place> {
  switch (target.kind) {
    case 'pod': {
      const address = target.pod.status?.podIPs?.[0]?.ip;
      if (address === undefined) return nowhere('unreachable', `pod ${target.text} has no address`);
      return toAddress(cluster, caller, { address, ...port, steps: [] });
    }
    case 'service':
      return placeOfService(cluster, caller, { service: target.service, port });
    case 'host':
      return placeOfHost(cluster, caller, { ...target, port });
    default:
      return target satisfies never;
  }
}

interface Address extends TargetPort {
  readonly address: string;
  readonly steps: readonly Step[];
}

function toAddress(
  cluster: Cluster,
  caller: Caller,
  { steps, ...to }: Address,
): Extract<Place, { kind: 'flow' }> {
  const { address, port, protocol } = to;
  const flow = flowOf(caller, { address, port }, { protocol, random: () => 0.5 });
  const entered = enterCluster(cluster, flow);
  return { kind: 'flow', flow: entered.flow, steps: [...steps, ...entered.steps] };
}

interface ToService {
  readonly service: Service;
  readonly port: TargetPort;
}

function placeOfService(
  cluster: Cluster,
  caller: Caller,
  { service, port }: ToService,
): Place | Promise<Place> {
  if (caller.origin.kind === 'outside') return entrance(cluster, caller, { service, port });
  const { clusterIP = '', type } = service.spec ?? {};
  const isExternal = type === 'ExternalName';
  if (parseIp(clusterIP) !== undefined && !isExternal)
    return toAddress(cluster, caller, { address: clusterIP, ...port, steps: [] });
  const { name, namespace = '' } = service.metadata;
  const host = `${name}.${namespace}.svc.${cluster.options.clusterDomain}`;
  // Nobody translates ports there: clients dial what the Pods listen on.
  const targetPort = portOf(service, port)?.targetPort;
  const own = typeof targetPort === 'number' && !isExternal ? targetPort : port.port;
  return placeOfHost(cluster, caller, { host, port: { ...port, port: own }, service: undefined });
}

function portOf({ spec }: Service, { port, protocol }: TargetPort): ServicePort | undefined {
  return spec?.ports?.find((own) => own.port === port && (own.protocol ?? 'TCP') === protocol);
}

type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];

/** Where the outside meets a Service: its load balancer, a Node, or nowhere. */
function entrance(cluster: Cluster, caller: Caller, { service, port }: ToService): Place {
  const balancer = service.status?.loadBalancer?.ingress?.[0]?.ip;
  if (balancer !== undefined)
    return toAddress(cluster, caller, { address: balancer, ...port, steps: [] });
  const nodePort = portOf(service, port)?.nodePort ?? 0;
  const [node] = nodeCaller(cluster.view).addresses;
  if (nodePort !== 0 && node !== undefined)
    return toAddress(cluster, caller, { ...port, address: node, port: nodePort, steps: [] });
  const { name, namespace = '' } = service.metadata;
  const why = `service ${namespace}/${name} has no port that the outside reaches: it is neither NodePort nor LoadBalancer`;
  return { ...nowhere('unreachable', why), ...insideFlow(cluster, caller, { service, port }) };
}

/** What leads to a Service inside of the cluster. */
function insideFlow(
  cluster: Cluster,
  caller: Caller,
  { service, port }: { readonly service: Service | undefined; readonly port: TargetPort },
): { readonly flow?: Flow } {
  const address = parseIp(service?.spec?.clusterIP ?? '')?.text;
  if (address === undefined) return {};
  return { flow: toAddress(cluster, caller, { address, ...port, steps: [] }).flow };
}

interface ToHost {
  readonly host: string;
  readonly port: TargetPort;
  /** The one that the name seems to mean. */
  readonly service: Service | undefined;
}

async function placeOfHost(
  cluster: Cluster,
  caller: Caller,
  { host, port, service }: ToHost,
): Promise<Place> {
  const { address, steps } = await resolveHostAs(cluster, caller, { host });
  if (address !== undefined) return toAddress(cluster, caller, { address, ...port, steps });
  if (denialsIn(steps).length === 0)
    return { ...nowhere('unresolved', `${host} has no address for ${caller.text}`), steps };
  const why = `${host} cannot be looked up, as DNS is denied`;
  return { ...nowhere('denied', why), ...insideFlow(cluster, caller, { service, port }), steps };
}

function nowhere(verdict: ReachVerdict, why: string): Extract<Place, { kind: 'nowhere' }> {
  return { kind: 'nowhere', verdict, why, steps: [] };
}
