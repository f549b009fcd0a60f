import type { Ingress, Service, StoreReader } from '../../api/index.ts';
import { controllerOptions } from './controller-configuration.ts';
import { personalityOf } from './ingress-class.ts';

/**
 * Where ingress-nginx says that an Ingress is served: the addresses that its flags name, or those of the Service they name.
 *
 * @returns undefined where the flags say nothing.
 */
export function publishAddresses(
  ingress: Ingress,
  reader: StoreReader,
): readonly string[] | undefined {
  if (personalityOf(ingress, reader) !== 'ingress-nginx') return undefined;
  const { publishAddresses: named, publishService } = controllerOptions(reader);
  if (named !== undefined) return named.toSorted();
  const [namespace, name = ''] = (publishService ?? '').split('/');
  const service = reader.get('Service', namespace, name);
  return service === undefined ? undefined : addressesOf(service).toSorted();
}

function addressesOf({ spec, status }: Service): readonly string[] {
  const { type = 'ClusterIP', clusterIP = '', externalIPs = [], externalName = '' } = spec ?? {};
  const given = status?.loadBalancer?.ingress ?? [];
  const own = clusterIP === 'None' ? '' : clusterIP;
  const byType: Readonly<Record<string, readonly string[]>> = {
    ExternalName: [externalName],
    NodePort: externalIPs.length > 0 ? externalIPs : [own],
    LoadBalancer: [...given.flatMap(({ ip, hostname }) => ip ?? hostname ?? []), ...externalIPs],
  };
  return (byType[type] ?? [own]).filter((address) => address !== '');
}
