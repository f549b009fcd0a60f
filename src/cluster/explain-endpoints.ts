import type { Container, Pod, Service, Store } from '../api/index.ts';
import type { Decision } from '../datapath/index.ts';
import { nearestName, type Flow } from '../net/index.ts';
import type { Step } from '../observe/index.ts';
import type { ServicePort } from '../proxy/index.ts';
import type { Cluster } from './create-cluster.ts';
import { conditionOf, lastFailedProbes, unreadyReason } from './unready-pods.ts';

/** Pods that are told of by name; more would say the same. */
const MOST_PODS = 5;

/**
 * Which link is broken where a Service has no endpoint that serves: selector, Pods, their ports, their readiness.
 *
 * @returns nothing for any other decision.
 */
export function missingEndpointSteps(
  { store, view }: Cluster,
  flow: Flow,
  decision: Decision,
): readonly Step[] {
  if (decision.kind !== 'reject' || decision.reason !== 'no-endpoints') return [];
  const { address, port } = flow.destination;
  const frontend =
    view.services.find(flow.protocol, address, port) ??
    view.services.findNodePort(flow.protocol, port);
  if (frontend === undefined) return [];
  const service = store.get('Service', frontend.port.namespace, frontend.port.service);
  return service === undefined ? [] : brokenLinks(store, service, frontend.port);
}

/** Why nobody may listen on the port that a Service leads to; nothing where the Pod says that it has that port. */
export function undeclaredPortSteps({ store }: Cluster, decision: Decision): readonly Step[] {
  const picked = decision.kind === 'deliver' ? decision.service : undefined;
  if (picked === undefined) return [];
  const { endpoint } = picked.selection;
  const pod = endpoint.pod && store.get('Pod', endpoint.pod.namespace, endpoint.pod.name);
  const { port } = picked.frontend;
  if (pod === undefined || declares(pod, endpoint.port, port)) return [];
  const what = `targetPort ${endpoint.port} is none of the ports that ${nameOf(pod)} declares`;
  // It may listen there all the same.
  return [{ ...broken(port, what, portsText(pod)), outcome: 'skip' }];
}

function brokenLinks(store: Store, { spec = {} }: Service, port: ServicePort): readonly Step[] {
  const { selector = {} } = spec;
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  if (labels.length === 0)
    return [
      broken(
        port,
        'it has no selector',
        'somebody else writes its endpoints, and no EndpointSlice has any',
      ),
    ];
  const labelSelector = labels.join(',');
  const pods = store.list('Pod', { namespace: port.namespace, labelSelector });
  if (pods.length === 0) {
    const what = `selector ${labelSelector} matches no Pod`;
    return [broken(port, what, selectorHint(store, selector, port.namespace))];
  }
  return pods.slice(0, MOST_PODS).map((pod) => podStep(store, pod, { spec, port }));
}

function broken({ namespace, service }: ServicePort, what: string, because?: string): Step {
  const object = `service ${namespace}/${service}`;
  return {
    part: 'endpoints',
    outcome: 'fail',
    what,
    ...(because === undefined ? {} : { because }),
    object,
  };
}

/** A label that comes near in the namespace, or the Pods of another one. */
function selectorHint(
  store: Store,
  selector: Readonly<Record<string, string>>,
  namespace: string,
): string | undefined {
  const own = store.list('Pod', { namespace }).map(({ metadata }) => metadata.labels ?? {});
  for (const [key, value] of Object.entries(selector)) {
    const values = own.flatMap((labels) => labels[key] ?? []);
    const nearest = values.includes(value) ? undefined : nearestName(value, values);
    if (nearest !== undefined) return `Did you mean ${key}=${nearest}?`;
  }
  const labelSelector = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  const [other] = store.list('Pod', { labelSelector: labelSelector.join(',') });
  if (other === undefined) return undefined;
  return `such Pods are in namespace ${other.metadata.namespace}, and a Service selects in its own`;
}

function podStep(
  store: Store,
  pod: Pod,
  { spec, port }: { readonly spec: NonNullable<Service['spec']>; readonly port: ServicePort },
): Step {
  const name = nameOf(pod);
  const { phase = 'Pending', podIP } = pod.status ?? {};
  if (pod.spec?.nodeName === undefined)
    return broken(port, `${name} has no Node yet`, conditionOf(pod, 'PodScheduled'));
  if (phase === 'Succeeded' || phase === 'Failed')
    return broken(port, `${name} has ended`, `its phase is ${phase}`);
  if (podIP === undefined) return broken(port, `${name} has no address yet`);
  const { targetPort } = (spec.ports ?? []).find(({ name: own = '' }) => own === port.name) ?? {};
  if (typeof targetPort === 'string' && !hasNamed(pod, targetPort, port))
    return broken(port, `targetPort "${targetPort}" is no port of ${name}`, portsText(pod));
  return broken(
    port,
    `${name} is not ready`,
    unreadyReason(pod, lastFailedProbes(store, pod.metadata.namespace)),
  );
}

function containersOf({ spec }: Pod): readonly Container[] {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
}

function hasNamed(pod: Pod, name: string, { protocol }: ServicePort): boolean {
  return containersOf(pod).some(({ ports = [] }) =>
    ports.some((port) => port.name === name && (port.protocol ?? 'TCP') === protocol),
  );
}

/** Ports need not be declared: a Pod that declares none may listen on any. */
function declares(pod: Pod, number: number, { protocol }: ServicePort): boolean {
  const ports = containersOf(pod).flatMap((container) => container.ports ?? []);
  const isIt = ({ containerPort, protocol: own = 'TCP' }: (typeof ports)[number]): boolean =>
    containerPort === number && own === protocol;
  return ports.length === 0 || ports.some(isIt);
}

function portsText(pod: Pod): string {
  const ports = containersOf(pod).flatMap((container) => container.ports ?? []);
  const texts = ports.map(({ name, containerPort, protocol = 'TCP' }) =>
    name === undefined ? `${containerPort}/${protocol}` : `${name} (${containerPort}/${protocol})`,
  );
  return `its containers have ${texts.length === 0 ? 'none' : texts.join(', ')}`;
}

function nameOf({ metadata }: Pod): string {
  return `pod ${metadata.namespace}/${metadata.name}`;
}
