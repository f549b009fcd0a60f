import type { KindDefinition } from '../../api/index.ts';

/** What a subresource takes and gives. */
export interface SubresourceKind {
  readonly kind: string;
  readonly verbs: readonly string[];
  /** Absent where they are the resource's own. */
  readonly group?: string;
  readonly version?: string;
}

const READ_AND_WRITE = ['get', 'patch', 'update'];
const ANY_METHOD = ['create', 'delete', 'get', 'patch', 'update'];
const STREAM = ['create', 'get'];

/** Subresources that are no part of their object. */
const KINDS: Readonly<Record<string, SubresourceKind>> = {
  'pods/attach': { kind: 'PodAttachOptions', verbs: STREAM },
  'pods/binding': { kind: 'Binding', verbs: ['create'] },
  'pods/eviction': { kind: 'Eviction', verbs: ['create'], group: 'policy', version: 'v1' },
  'pods/exec': { kind: 'PodExecOptions', verbs: STREAM },
  'pods/log': { kind: 'Pod', verbs: ['get'] },
  'pods/portforward': { kind: 'PodPortForwardOptions', verbs: STREAM },
  'pods/proxy': { kind: 'PodProxyOptions', verbs: ANY_METHOD },
  'services/proxy': { kind: 'ServiceProxyOptions', verbs: ANY_METHOD },
  'nodes/proxy': { kind: 'NodeProxyOptions', verbs: ANY_METHOD },
  'namespaces/finalize': { kind: 'Namespace', verbs: ['update'] },
  'serviceaccounts/token': {
    kind: 'TokenRequest',
    verbs: ['create'],
    group: 'authentication.k8s.io',
    version: 'v1',
  },
};

const SCALE: SubresourceKind = {
  kind: 'Scale',
  verbs: READ_AND_WRITE,
  group: 'autoscaling',
  version: 'v1',
};

/** What `definition`'s subresource `name` takes and gives. */
export function subresourceKind(
  { plural, kind, subresources }: KindDefinition,
  name: string,
): SubresourceKind {
  if (!subresources.includes(name)) throw new RangeError(`${plural} has no subresource ${name}`);
  if (name === 'scale') return SCALE;
  return KINDS[`${plural}/${name}`] ?? { kind, verbs: READ_AND_WRITE };
}
