import { labelsOf } from '../../names.ts';

/** What a name below the zone asks for. */
export type RecordRequest =
  /** The zone, `svc.ZONE` and `pod.ZONE`: they exist, and hold nothing. */
  | { readonly kind: 'apex' }
  /** No name of the schema. */
  | { readonly kind: 'invalid' }
  | { readonly kind: 'namespace'; readonly tree: 'svc' | 'pod'; readonly namespace: string }
  | { readonly kind: 'pod'; readonly namespace: string; readonly pod: string }
  | ServiceRequest;

export interface ServiceRequest {
  readonly kind: 'service';
  readonly namespace: string;
  readonly service: string;
  /** '' is any; the same holds for `protocol`. */
  readonly port: string;
  readonly protocol: string;
  readonly endpoint?: string;
  readonly cluster?: string;
  /** Endpoints of this topology zone alone; with `prefer`, of all where it has none. */
  readonly zone?: { readonly name: string; readonly directive: 'pin' | 'prefer' };
}

export interface RequestOptions {
  readonly isMulticluster: boolean;
  readonly isZonal: boolean;
}

/**
 * Reads what stands left of the zone.
 *
 * ```
 *                          SERVICE.NAMESPACE.svc
 *                 ENDPOINT.SERVICE.NAMESPACE.svc
 *         _PORT._PROTOCOL.SERVICE.NAMESPACE.svc      underscores may be missing
 *        ENDPOINT.CLUSTER.SERVICE.NAMESPACE.svc      in multicluster zones
 *  TOPOZONE.pin|prefer._zone.SERVICE.NAMESPACE.svc   with `zonal`
 *                     10-244-1-11.NAMESPACE.pod      labels further left say nothing
 * ```
 *
 * @param base The name without its zone, lower case: `web.prod.svc.`, or '' for the zone itself.
 * @see Kubernetes DNS-Based Service Discovery 1.1.0 §2.3, §2.4; CoreDNS `plugin/kubernetes/parse.go`
 */
export function parseRequest(base: string, options: RequestOptions): RecordRequest {
  const labels = labelsOf(base);
  const [tree, namespace, name, ...rest] = labels.toReversed();
  if (tree === undefined) return { kind: 'apex' };
  if (tree !== 'svc' && tree !== 'pod') return { kind: 'invalid' };
  if (namespace === undefined) return { kind: 'apex' };
  if (name === undefined) return { kind: 'namespace', tree, namespace };
  if (rest.length > 2 && tree === 'pod') return { kind: 'invalid' };
  if (tree === 'pod') return { kind: 'pod', namespace, pod: name };
  const selection = parseSelection(rest, options);
  if (selection === undefined) return { kind: 'invalid' };
  return { kind: 'service', namespace, service: name, port: '', protocol: '', ...selection };
}

type Selection = Partial<
  Pick<ServiceRequest, 'port' | 'protocol' | 'endpoint' | 'cluster' | 'zone'>
>;

/** @param labels What stands left of the Service, from right to left. */
function parseSelection(labels: readonly string[], options: RequestOptions): Selection | undefined {
  const [first, second, ...more] = labels;
  if (first === undefined) return {};
  if (second === undefined) return { endpoint: first };
  if (more.length > 0) return parseZone(labels, options);
  const isPort = first.startsWith('_') || second.startsWith('_');
  if (options.isMulticluster && !isPort) return { cluster: first, endpoint: second };
  return { protocol: first.replace(/^_/, ''), port: second.replace(/^_/, '') };
}

/** Names of topology zones may hold dots. */
function parseZone(labels: readonly string[], options: RequestOptions): Selection | undefined {
  const [anchor, directive, ...zone] = labels;
  if (!options.isZonal || options.isMulticluster || anchor !== '_zone') return undefined;
  if (directive !== 'pin' && directive !== 'prefer') return undefined;
  return { zone: { name: zone.toReversed().join('.'), directive } };
}
