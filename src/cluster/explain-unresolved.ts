import { nearestName } from '../net/index.ts';
import type { Caller } from './caller.ts';
import type { Cluster } from './create-cluster.ts';

/** What it means that a host has no address, with the Service that its author may have meant. */
export function explainUnresolved(
  cluster: Pick<Cluster, 'store'>,
  caller: Pick<Caller, 'origin' | 'text'>,
  host: string,
): string {
  const summary = `${host} has no address for ${caller.text}: clients see an unknown host`;
  const meant = nearestHost(cluster, caller, host);
  return meant === undefined ? summary : `${summary}. Did you mean "${meant}"?`;
}

/** The host with another Service in its first label, or another namespace in its second. */
function nearestHost(
  { store }: Pick<Cluster, 'store'>,
  { origin }: Pick<Caller, 'origin'>,
  host: string,
): string | undefined {
  const [service = '', namespace, ...rest] = host.split('.');
  const own = origin.kind === 'pod' ? origin.namespace : 'default';
  const servicesIn = (home: string): readonly string[] =>
    store.list('Service', { namespace: home }).map(({ metadata: { name } }) => name);
  const namespaces = store.list('Namespace').map(({ metadata: { name } }) => name);
  const isHome = namespace === undefined || namespaces.includes(namespace);
  const home = isHome ? (namespace ?? own) : nearestName(namespace, namespaces);
  if (home === undefined) return undefined;
  const services = servicesIn(home);
  const meant = services.includes(service) ? service : nearestName(service, services);
  if (meant === undefined) return undefined;
  const nearest = [meant, ...(namespace === undefined ? [] : [home]), ...rest].join('.');
  return nearest === host ? undefined : nearest;
}

/** The host of an Ingress that differs from this one by a slip of the pen; a wildcard's with the first label kept. */
export function nearestIngressHost(
  { store }: Pick<Cluster, 'store'>,
  host: string,
): string | undefined {
  const [first = ''] = host.split('.', 1);
  const hosts = store
    .list('Ingress')
    .flatMap(({ spec }) => (spec?.rules ?? []).flatMap((rule) => rule.host ?? []));
  const nearest = nearestName(
    host,
    hosts.map((own) => own.replace(/^\*/, first)),
  );
  return nearest === host ? undefined : nearest;
}
