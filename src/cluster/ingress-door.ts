import type { Listening } from '../control/index.ts';
import { ndotsOf, searchNames } from '../dns/index.ts';
import { foreignClassOf } from '../ingress/index.ts';
import { parseIp } from '../net/index.ts';
import { nodeCaller } from './caller.ts';
import type { Cluster } from './create-cluster.ts';

export type IngressDoorParts = Pick<Cluster, 'ingress' | 'routing' | 'names' | 'options' | 'view'>;

/** Where HTTP is expected outside of clusters, whatever port the ingress could have. */
const USUAL_PORT = { http: 80, https: 443 } as const;

/**
 * The door of the ingress that a client outside of the cluster reaches with a host and a port: its own address, or a
 * host of an Ingress, which people let lead there.
 *
 * @returns undefined for hosts that no Ingress names, for names of the cluster, which come first, and for other ports.
 */
export async function ingressDoorOf(
  parts: IngressDoorParts,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening | undefined> {
  const door = doorAt(parts, port);
  if (door === undefined) return undefined;
  if (parseIp(host) !== undefined || host === 'localhost')
    return isAt(host, door) && port === door.port ? door : undefined;
  if (!parts.routing.hasHost(host) || (await isClusterName(parts, host))) return undefined;
  return door;
}

function doorAt({ ingress }: IngressDoorParts, port: number): Listening | undefined {
  for (const scheme of ['http', 'https'] as const) {
    const [door] = ingress?.[scheme] ?? [];
    if (door !== undefined && [USUAL_PORT[scheme], door.port, door.requestedPort].includes(port))
      return { address: door.address, port: door.port };
  }
  return undefined;
}

function isAt(host: string, { address }: Listening): boolean {
  const isLocal = host === 'localhost' || host === '127.0.0.1';
  return isLocal ? address === '127.0.0.1' || address === '0.0.0.0' : address === host;
}

/** The Ingress of another controller that has this host. */
export function foreignIngressOf(
  { store }: Pick<Cluster, 'store'>,
  host: string,
): { readonly text: string; readonly className: string } | undefined {
  const dot = host.indexOf('.');
  const names = [host.toLowerCase(), `*${host.slice(dot < 0 ? host.length : dot).toLowerCase()}`];
  for (const ingress of store.list('Ingress')) {
    const hosts = (ingress.spec?.rules ?? []).map((rule) => rule.host ?? '');
    if (!hosts.some((own) => names.includes(own))) continue;
    const foreign = foreignClassOf(ingress, store);
    const { namespace, name } = ingress.metadata;
    if (foreign !== undefined)
      return { text: `Ingress ${namespace}/${name}`, className: foreign.className };
  }
  return undefined;
}

/** Only names below the cluster's domain are asked for: others may be anywhere. */
export async function isClusterName(
  { names, options, view }: IngressDoorParts,
  host: string,
): Promise<boolean> {
  const { origin } = nodeCaller(view);
  const { nodeResolvConf } = names;
  const inside = searchNames(host, nodeResolvConf.search, ndotsOf(nodeResolvConf)).filter((name) =>
    name.endsWith(`.${options.clusterDomain}.`),
  );
  for (const name of inside)
    if ((await names.resolveAs(name, origin)).addresses.length > 0) return true;
  return false;
}
