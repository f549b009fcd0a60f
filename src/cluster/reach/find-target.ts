import type { Pod, Service, Store } from '../../api/index.ts';
import { PodlaneError, type Protocol } from '../../net/index.ts';
import { podCaller } from '../caller.ts';
import { parseExplainTarget } from '../explain-target.ts';

/** Whom a flow is to reach, before anybody asks where that is. */
export type ReachTarget =
  | { readonly kind: 'pod'; readonly pod: Pod; readonly text: string }
  | { readonly kind: 'service'; readonly service: Service; readonly text: string }
  /** A name that DNS is asked for, or an address. */
  | {
      readonly kind: 'host';
      readonly host: string;
      /** The Service that the name seems to mean: it has the first port. */
      readonly service: Service | undefined;
      readonly isHttp: boolean;
      readonly text: string;
    };

export interface FoundTarget {
  readonly target: ReachTarget;
  /** As it was written behind the target: a number, or the name of a port. */
  readonly port: string | undefined;
  readonly protocol: Protocol | undefined;
}

const OBJECT =
  /^(?:(?<scheme>tcp|udp|sctp):\/\/)?(?<words>[a-z0-9.-]+(?:\/[a-z0-9.-]+){0,2})(?::(?<port>[a-z0-9-]+))?$/i;
const PODS = new Set(['po', 'pod', 'pods']);
const SERVICES = new Set(['svc', 'service', 'services']);

/**
 * What a person calls a target: `namespace/name` and `name` of a Pod, of a Service, or of a workload, in this order;
 * `svc/name`, `pod/name`, `deploy/name`; else a name, an address or a URL.
 *
 * A lone name is a Service's before it is a Pod's, as it is for who asks DNS.
 *
 * @param namespace Where names without one are looked for.
 * @throws PodlaneError `ERR_OPTION`, `ERR_NO_SUCH_POD`, `ERR_NO_SUCH_SERVICE`.
 */
export function findTarget(store: Store, text: string, namespace: string): FoundTarget {
  const { scheme, words, port } = OBJECT.exec(text)?.groups ?? {};
  const protocol = scheme === undefined ? undefined : protocolOf(scheme);
  const parts = words?.split('/') ?? [];
  if (parts.length > 1) {
    const shown = text.replace(/^\w+:\/\//, '').replace(/:[^:]*$/, '');
    return { target: objectTarget(store, parts, { namespace, shown }), port, protocol };
  }
  const name = parts[0] ?? '';
  const pod = store.get('Pod', namespace, name);
  if (pod !== undefined && store.get('Service', namespace, name) === undefined)
    return { target: podTarget(pod), port, protocol };
  // Of URLs a port is a number.
  const isNamed = port !== undefined && !/^\d+$/.test(port);
  if (!isNamed) return hostTarget(store, text, namespace);
  return { ...hostTarget(store, text.slice(0, -port.length - 1), namespace), port };
}

/** A Pod as a target. */
export function podTarget(pod: Pod): ReachTarget {
  return { kind: 'pod', pod, text: `${pod.metadata.namespace}/${pod.metadata.name}` };
}

/** A Service as a target. */
export function serviceTarget(service: Service): ReachTarget {
  const { name, namespace = '' } = service.metadata;
  return { kind: 'service', service, text: `svc/${name}.${namespace}` };
}

function protocolOf(scheme: string): Protocol {
  const upper = scheme.toUpperCase();
  return upper === 'UDP' || upper === 'SCTP' ? upper : 'TCP';
}

interface Named {
  readonly namespace: string;
  readonly shown: string;
}

function objectTarget(
  store: Store,
  parts: readonly string[],
  { namespace, shown }: Named,
): ReachTarget {
  const [first = '', second = '', third] = parts;
  if (third !== undefined) return objectTarget(store, [second, third], { namespace: first, shown });
  if (SERVICES.has(first)) {
    const service = store.get('Service', namespace, second);
    if (service !== undefined) return serviceTarget(service);
    throw new PodlaneError('ERR_NO_SUCH_SERVICE', `there is no Service ${namespace}/${second}`, {
      hint: 'Name it namespace/svc/name; `podlane get svc -A` lists them.',
    });
  }
  const exact = PODS.has(first) ? undefined : store.get('Pod', first, second);
  if (exact !== undefined) return podTarget(exact);
  const service = store.get('Service', first, second);
  if (service !== undefined) return serviceTarget(service);
  const { origin } = podCaller(store, `${first}/${second}`, namespace);
  const pod = origin.kind === 'pod' ? store.get('Pod', origin.namespace, origin.name) : undefined;
  if (pod !== undefined) return podTarget(pod);
  throw new PodlaneError('ERR_NO_SUCH_POD', `there is no Pod or Service "${shown}"`);
}

const CARRIED = { http: 'TCP', https: 'TCP', tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' } as const;

function hostTarget(store: Store, text: string, namespace: string): FoundTarget {
  const { host, port, scheme } = parseExplainTarget(text);
  const [name = '', home = namespace] = host.split('.');
  const service = host.includes(':') ? undefined : store.get('Service', home, name);
  const isWritten = /:\d+(?:[/?]|$)/.test(text.replace(/^\w+:\/\//, '')) || /^https?:/i.test(text);
  const isUrl = text.includes('://');
  return {
    target: { kind: 'host', host, service, isHttp: isUrl && /^https?$/.test(scheme), text },
    port: isWritten ? String(port) : undefined,
    protocol: isUrl ? CARRIED[scheme] : undefined,
  };
}
