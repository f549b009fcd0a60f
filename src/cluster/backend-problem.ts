import type { StoreReader } from '../api/index.ts';
import type { RouteBackend } from '../ingress/index.ts';

/** Why a backend cannot serve, once it is known that it has no ready endpoint. */
export function backendProblem(
  store: Pick<StoreReader, 'get'>,
  { namespace, service: name, port }: RouteBackend,
): string {
  const service = store.get('Service', namespace, name);
  if (service === undefined) return `Service ${namespace}/${name} does not exist`;
  const { type = 'ClusterIP', externalName, ports = [] } = service.spec ?? {};
  if (type === 'ExternalName')
    return `Service ${namespace}/${name} has no endpoints: it is another name of ${externalName}`;
  const known = ports.some(
    ({ name: portName, port: number, protocol = 'TCP' }) =>
      protocol === 'TCP' && (port === portName || port === number),
  );
  return known
    ? `Service ${namespace}/${name} port ${port} has no ready endpoint`
    : `Service ${namespace}/${name} has no port ${port}`;
}
