import type { IPAddress, Service } from '../../api/index.ts';
import { parseIp, type Ip } from '../../net/index.ts';
import { create, keyOf, remove, splitKey, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

const FAMILY_LABEL = 'ipaddress.kubernetes.io/ip-family';
const MANAGED_BY_LABEL = 'ipaddress.kubernetes.io/managed-by';
const MANAGER = 'ipallocator.k8s.io';

/**
 * Keeps one IPAddress object for every cluster IP, as kube-apiserver's allocator does inside the write.
 *
 * The allocator knows what is taken without them; here they follow from the Services, so that they are there to be
 * seen, and gone with their Service.
 */
export function createIpAddressController(): Controller {
  /** IPAddress objects by the Service that they name. */
  const byService = new Map<string, Set<string>>();
  return {
    name: 'ipallocator-repair-controller',
    watches: [
      watchKind('Service', (service) => [keyOf(service)]),
      watchKind('IPAddress', (address) => {
        const key = serviceKey(address);
        if (key === undefined) return [];
        byService.set(key, (byService.get(key) ?? new Set()).add(address.metadata.name));
        return [key];
      }),
    ],
    reconcile: (key, snapshot) => {
      const wanted = clusterIPs(snapshot.get('Service', ...splitKey(key)));
      const names = byService.get(key) ?? new Set<string>();
      const surplus = [...names].filter((name) => !wanted.some(({ text }) => text === name));
      for (const name of surplus) names.delete(name);
      if (wanted.length === 0) byService.delete(key);
      return [
        ...surplus.flatMap((name) => removeOwn(key, name, snapshot)),
        ...wanted.flatMap((ip) => ensure(key, ip, snapshot)),
      ];
    },
  };
}

function clusterIPs(service: Service | undefined): readonly Ip[] {
  return (service?.spec?.clusterIPs ?? []).map(parseIp).filter((ip): ip is Ip => ip !== undefined);
}

/** The Service that an IPAddress made here stands for. */
function serviceKey({ metadata, spec }: IPAddress): string | undefined {
  const { group = '', resource, namespace, name } = spec.parentRef;
  if (metadata.labels?.[MANAGED_BY_LABEL] !== MANAGER) return undefined;
  return group === '' && resource === 'services' ? `${namespace ?? ''}/${name}` : undefined;
}

function removeOwn(key: string, name: string, snapshot: Snapshot): readonly Change[] {
  const present = snapshot.get('IPAddress', undefined, name);
  return present !== undefined && serviceKey(present) === key ? [remove(present)] : [];
}

function ensure(key: string, ip: Ip, snapshot: Snapshot): readonly Change[] {
  const present = snapshot.get('IPAddress', undefined, ip.text);
  const owner = present === undefined ? undefined : serviceKey(present);
  if (owner === key) return [];
  const [namespace, name] = splitKey(key);
  const object: IPAddress = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name: ip.text,
      labels: { [FAMILY_LABEL]: ip.family, [MANAGED_BY_LABEL]: MANAGER },
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  };
  if (present === undefined) return [create(object)];
  // The parent of an IPAddress may not change: one that a former owner left behind is replaced, a hand-made one stays.
  return owner === undefined ? [] : [remove(present), create(object)];
}
