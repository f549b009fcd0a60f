import { ApiError, notFound, type Pod, type Service } from '../../api/index.ts';
import type { Endpoint } from '../../net/index.ts';
import { objectOf, type ApiContext, type Target } from '../context.ts';

/** Where a proxied request goes. */
export interface ProxyTarget {
  readonly scheme: 'http' | 'https';
  readonly address: string;
  readonly port: number;
}

/**
 * What `pods/[scheme:]NAME[:port]` and `services/[scheme:]NAME[:port]` mean.
 *
 * @throws ApiError BadRequest, NotFound, ServiceUnavailable, as the API server words them.
 * @see kubernetes pkg/registry/core/service/strategy ResourceLocation
 */
export function proxyTargetOf(target: Target, context: ApiContext): ProxyTarget {
  const { name = '', definition } = target;
  const parts = readName(name);
  if (parts === undefined)
    throw new ApiError(
      'BadRequest',
      `invalid ${definition.name.toLowerCase()} request ${JSON.stringify(name)}`,
    );
  const named = { ...target, name: parts.name };
  return definition.name === 'Service'
    ? endpointOf(named, parts, context)
    : podAddress(named, parts, context);
}

interface NameParts {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  /** Its number or name; '' for none. */
  readonly port: string;
}

/** @see apimachinery SplitSchemeNamePort */
function readName(text: string): NameParts | undefined {
  const parts = text.split(':');
  const [first = '', second = '', third = ''] = parts;
  if (parts.length > 3) return undefined;
  if (parts.length < 3) return { scheme: 'http', name: first, port: second };
  if (first !== '' && first !== 'http' && first !== 'https') return undefined;
  return { scheme: first === 'https' ? 'https' : 'http', name: second, port: third };
}

function podAddress(target: Target, { scheme, port }: NameParts, context: ApiContext): ProxyTarget {
  const pod = objectOf(target, context) as unknown as Pod; // the definition leads to Pods
  const containers = pod.spec?.containers ?? [];
  const ports = containers.flatMap((container) => container.ports ?? []);
  const found = port === '' ? ports[0] : ports.find(({ name }) => name === port);
  const number = found?.containerPort ?? (port === '' ? 80 : Number(port));
  const address = pod.status?.podIP ?? '';
  if (address === '' || !Number.isInteger(number))
    throw new ApiError('BadRequest', 'address not allowed');
  return { scheme, address, port: number };
}

function endpointOf(
  target: Target,
  { scheme, name, port }: NameParts,
  context: ApiContext,
): ProxyTarget {
  const { store, kinds } = context;
  const { namespace = '' } = target;
  const service: Service | undefined = store.get('Service', namespace, name);
  if (service === undefined) throw notFound(kinds.byName('Service'), name);
  return { scheme, ...readyEndpoint(service, port, context) };
}

/**
 * One of a Service's endpoints that are ready.
 *
 * @param port Its number or name; '' for the only one. @throws ApiError ServiceUnavailable.
 */
export function readyEndpoint(
  service: Service,
  port: string,
  { store, random }: ApiContext,
): Endpoint {
  const { name, namespace = '' } = service.metadata;
  const portName = portNameOf(service, port);
  const slices = store.list('EndpointSlice', {
    namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const ready = slices.flatMap(({ endpoints, ports = [] }) => {
    const number = ports.find((candidate) => (candidate.name ?? '') === portName)?.port;
    if (number === undefined) return [];
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses.slice(0, 1))
      .map((address) => ({ address, port: number }));
  });
  const chosen = ready[Math.floor(random() * ready.length)];
  if (chosen === undefined)
    throw new ApiError('ServiceUnavailable', `no endpoints available for service "${name}"`);
  return chosen;
}

/** @throws ApiError ServiceUnavailable for a port that the Service does not have. */
function portNameOf({ metadata, spec }: Service, wanted: string): string {
  const ports = spec?.ports ?? [];
  const [only] = ports;
  if (wanted === '' && only !== undefined && ports.length === 1) return only.name ?? '';
  const found = ports.find(({ name = '', port }) => name === wanted || `${port}` === wanted);
  if (found !== undefined) return found.name ?? '';
  throw new ApiError(
    'ServiceUnavailable',
    `no service port "${wanted}" found for service "${metadata.name}"`,
  );
}
