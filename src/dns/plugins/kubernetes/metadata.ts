import { zoneOf } from '../../names.ts';
import type { Query } from '../../query.ts';
import type { KubernetesSettings } from './options.ts';
import { parseRequest, type RecordRequest } from './request.ts';
import type { ClusterRecords } from './tables.ts';

type Facts = ReadonlyMap<string, () => string>;

/**
 * What is known of a query before it is answered: the parts of its name, and the Pod that asks where Pods are verified.
 *
 * @see CoreDNS `plugin/kubernetes/metadata.go`
 */
export function metadataOf(
  query: Query,
  settings: KubernetesSettings,
  records: ClusterRecords,
): Facts {
  const request = requestOf(query, settings);
  if (request.kind === 'invalid')
    return new Map([['kubernetes/parse-error', () => 'invalid query name']]);
  const parts = partsOf(request);
  const facts = new Map(
    Object.entries(parts).map(([part, value]) => [`kubernetes/${part}`, () => value]),
  );
  const pod = records.podAt(query.client.address);
  if (pod === undefined) return facts;
  facts.set('kubernetes/client-namespace', () => pod.namespace);
  facts.set('kubernetes/client-pod-name', () => pod.name);
  return facts;
}

function requestOf(
  { qname }: Query,
  { zones, multicluster, isZonal }: KubernetesSettings,
): RecordRequest {
  const zone = zoneOf(qname, zones);
  if (zone === undefined) return { kind: 'apex' };
  const isMulticluster = multicluster.has(zone);
  return parseRequest(qname.slice(0, qname.length - zone.length), { isMulticluster, isZonal });
}

/** '' for what the name does not say. */
function partsOf(
  request: Exclude<RecordRequest, { kind: 'invalid' }>,
): Readonly<Record<string, string>> {
  const none = {
    'port-name': '',
    protocol: '',
    endpoint: '',
    service: '',
    namespace: '',
    kind: '',
  };
  switch (request.kind) {
    case 'apex':
      return none;
    case 'namespace':
      return { ...none, namespace: request.namespace, kind: request.tree };
    case 'pod':
      return { ...none, service: request.pod, namespace: request.namespace, kind: 'pod' };
    case 'service': {
      const { port, protocol, endpoint = '', service, namespace } = request;
      return { 'port-name': port, protocol, endpoint, service, namespace, kind: 'svc' };
    }
    default:
      return request satisfies never;
  }
}
