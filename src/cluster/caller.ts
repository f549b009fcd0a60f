import type { Pod, Store } from '../api/index.ts';
import type { DatapathView } from '../datapath/index.ts';
import {
  nearestName,
  PodlaneError,
  type Endpoint,
  type Flow,
  type Origin,
  type Protocol,
} from '../net/index.ts';

/** Somebody in the cluster who opens connections. */
export interface Caller {
  readonly origin: Origin;
  readonly node: string;
  readonly addresses: readonly string[];
  /** As messages name it: `default/web-0`, `node-1`, `outside`. */
  readonly text: string;
}

const FIRST_EPHEMERAL = 32_768;
const EPHEMERAL_PORTS = 28_232;

/** The first Node: where the ingress runs, and what acts for the host inside the cluster. */
export function nodeCaller(view: DatapathView): Caller {
  const [node] = view.nodes.list();
  if (node === undefined) {
    throw new PodlaneError('ERR_NO_NODE', 'the cluster has no Node', {
      hint: 'Take the Node objects out of the manifests, or give them addresses.',
    });
  }
  return {
    origin: { kind: 'node', name: node.name },
    node: node.name,
    addresses: node.addresses,
    text: node.name,
  };
}

/** Somebody who is no part of the cluster, on this host. */
export function outsideCaller(view: DatapathView): Caller {
  const { hostAddress } = view.plan;
  return {
    ...nodeCaller(view),
    origin: { kind: 'outside' },
    addresses: [hostAddress],
    text: 'outside',
  };
}

/**
 * The Pod that a person names: `namespace/pod`, `pod` in `namespace`, or one of a workload's Pods by the workload's name:
 * `namespace/web`, `deploy/web`, `namespace/deploy/web`.
 *
 * @throws PodlaneError `ERR_NO_SUCH_POD`
 */
export function podCaller(store: Store, text: string, namespace = 'default'): Caller {
  const pod = findPod(store, text, namespace);
  if (pod === undefined) {
    throw new PodlaneError('ERR_NO_SUCH_POD', `there is no Pod "${text}"`, {
      hint: nearestCaller(store, text, namespace) ?? FORMS,
    });
  }
  const { name, namespace: home = '' } = pod.metadata;
  const addresses = (pod.status?.podIPs ?? []).map(({ ip }) => ip);
  if (pod.spec?.nodeName === undefined || addresses.length === 0) {
    throw new PodlaneError('ERR_NO_SUCH_POD', `pod ${home}/${name} has no address yet`, {
      hint: `\`podlane describe pod ${name} -n ${home}\` tells why.`,
    });
  }
  return {
    origin: { kind: 'pod', namespace: home, name },
    node: pod.spec.nodeName,
    addresses,
    text: `${home}/${name}`,
  };
}

const FORMS =
  'Name it namespace/pod, deploy/web or namespace/deploy/web; `podlane get pods -A` lists the Pods.';

/** A workload or Pod of nearly this name; undefined where none comes near. */
function nearestCaller(store: Store, text: string, namespace: string): string | undefined {
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  const kind = OWNERS[parts.at(-2) ?? ''];
  const isHomeless = parts.length === 1 || (parts.length === 2 && isKindWord(parts[0] ?? ''));
  const home = isHomeless ? namespace : (parts[0] ?? namespace);
  const kinds = kind === undefined ? NAMED : [kind];
  const names = [...kinds, 'Pod' as const].flatMap((each) =>
    store.list<'Pod' | OwnerKind>(each, { namespace: home }).map(({ metadata }) => metadata.name),
  );
  const nearest = nearestName(name, names);
  if (nearest === undefined) return undefined;
  return `Did you mean "${[...parts.slice(0, -1), nearest].join('/')}"?`;
}

function isKindWord(word: string): boolean {
  return POD_WORDS.has(word) || OWNERS[word] !== undefined;
}

const POD_WORDS: ReadonlySet<string> = new Set(['pod', 'pods', 'po']);

type OwnerKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet' | 'Job';

const OWNERS: Readonly<Record<string, OwnerKind>> = {
  deploy: 'Deployment',
  deployment: 'Deployment',
  deployments: 'Deployment',
  sts: 'StatefulSet',
  statefulset: 'StatefulSet',
  statefulsets: 'StatefulSet',
  ds: 'DaemonSet',
  daemonset: 'DaemonSet',
  daemonsets: 'DaemonSet',
  rs: 'ReplicaSet',
  replicaset: 'ReplicaSet',
  replicasets: 'ReplicaSet',
  job: 'Job',
  jobs: 'Job',
};
/** Kinds that a bare name may mean: their Pods' own names have an ending that nobody knows by heart. */
const NAMED: readonly OwnerKind[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'];

function findPod(store: Store, text: string, namespace: string): Pod | undefined {
  const parts = text.split('/');
  const [first = '', second, third] = parts;
  if (third !== undefined) return findPod(store, `${second}/${third}`, first);
  if (second === undefined) return byName(store, namespace, first);
  if (POD_WORDS.has(first)) return store.get('Pod', namespace, second);
  const kind = OWNERS[first];
  return kind === undefined
    ? byName(store, first, second)
    : podOf(store, kind, { namespace, name: second });
}

function byName(store: Store, namespace: string, name: string): Pod | undefined {
  const pod = store.get('Pod', namespace, name);
  if (pod !== undefined) return pod;
  for (const kind of NAMED) {
    const owned = podOf(store, kind, { namespace, name });
    if (owned !== undefined) return owned;
  }
  return undefined;
}

/** One of the Pods of a workload, a running one if there is any. */
function podOf(
  store: Store,
  kind: OwnerKind,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Pod | undefined {
  const selector = store.get(kind, namespace, name)?.spec?.selector?.matchLabels;
  if (selector === undefined) return undefined;
  const labelSelector = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const pods = store.list('Pod', { namespace, labelSelector });
  return pods.find(({ status }) => status?.phase === 'Running') ?? pods[0];
}

/** A flow from `caller`, from its address of the destination's family. @param random In [0, 1), chooses the source port. */
export function flowOf(
  caller: Caller,
  destination: Endpoint,
  options: { readonly protocol?: Protocol; readonly random: () => number },
): Flow {
  const { protocol = 'TCP', random } = options;
  const isIPv6 = destination.address.includes(':');
  const address =
    caller.addresses.find((own) => own.includes(':') === isIPv6) ?? caller.addresses[0] ?? '';
  return {
    protocol,
    source: { address, port: FIRST_EPHEMERAL + Math.floor(random() * EPHEMERAL_PORTS) },
    destination,
    origin: caller.origin,
    node: caller.node,
  };
}
