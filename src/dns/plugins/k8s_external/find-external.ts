import { labelsOf } from '../../names.ts';
import type { ClusterRecords, Host, PortRecord, ServiceRecords } from '../kubernetes/external.ts';
import { hostOf } from '../kubernetes/external.ts';

/** One thing that an outside name stands for. */
export interface ExternalTarget {
  readonly host: Host;
  /** undefined for no port at all. */
  readonly port: number | undefined;
  /** Its own name, without the zone. */
  readonly owner: string;
}

interface Request {
  readonly namespace: string;
  readonly service: string | undefined;
  /** '' for any. */
  readonly endpoint: string;
  readonly port: string;
  readonly protocol: string;
}

/**
 * What a name under an outside zone stands for: nothing for one that only exists, undefined for one that does not.
 *
 * @param base The name without its zone, lower case.
 */
export function findExternal(
  base: string,
  { records, isHeadless }: { readonly records: ClusterRecords; readonly isHeadless: boolean },
): readonly ExternalTarget[] | undefined {
  const request = parseBase(base);
  if (request === undefined || !records.hasNamespace(request.namespace)) return undefined;
  if (request.service === undefined) return [];
  const service = records.service(request.namespace, request.service);
  if (service === undefined) return undefined;
  const { endpoint } = request;
  const byEndpoint =
    isHeadless && service.outside.length === 0 && (service.type === 'Headless' || endpoint !== '');
  const targets = byEndpoint ? endpointTargets(service, request) : outsideTargets(service, request);
  return targets.length === 0 ? undefined : targets;
}

/** `service.namespace`, `endpoint.service.namespace`, `_port._protocol.service.namespace`. */
function parseBase(base: string): Request | undefined {
  const labels = labelsOf(base);
  const [namespace, service, ...more] = labels.toReversed();
  if (namespace === undefined || more.length > 2) return undefined;
  const [first = '', second] = more.map((label) => label.replace(/^_/, ''));
  const isPort = second !== undefined;
  return {
    namespace,
    service,
    endpoint: isPort ? '' : first,
    port: second ?? '',
    protocol: isPort ? first : '',
  };
}

function outsideTargets(service: ServiceRecords, request: Request): readonly ExternalTarget[] {
  const owner = `${service.name}.${service.namespace}`;
  const ports = service.ports.filter((port) => isAsked(port, request));
  return service.outside.flatMap((address) =>
    ports.map(({ port }) => ({ host: hostOf(address), port, owner })),
  );
}

function endpointTargets(
  { name, namespace, slices }: ServiceRecords,
  request: Request,
): readonly ExternalTarget[] {
  return slices.flatMap(({ endpoints, ports }) =>
    endpoints
      .filter(({ label }) => request.endpoint === '' || label.toLowerCase() === request.endpoint)
      .flatMap(({ host, label }) =>
        ports
          .filter((port) => isAsked(port, request))
          .map(({ port }) => ({ host, port, owner: `${label}.${name}.${namespace}` })),
      ),
  );
}

function isAsked({ name, protocol }: PortRecord, request: Request): boolean {
  const isNamed = request.port === '' || request.port === name;
  return isNamed && (request.protocol === '' || request.protocol === protocol);
}
