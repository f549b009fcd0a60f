/** One resource as discovery tells of it, with its group and versions. */
export interface ResourceRow {
  readonly group: string;
  /** Served versions, the preferred one first. */
  readonly versions: readonly string[];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
  readonly isNamespaced: boolean;
}

type CoreRow = Partial<
  Pick<ResourceRow, 'shortNames' | 'categories' | 'verbs' | 'subresources'>
> & {
  readonly isCluster?: true;
};

/** Verbs of a resource that is stored. */
export const STORED_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

const POD_SUBRESOURCES = [
  'attach',
  'binding',
  'ephemeralcontainers',
  'eviction',
  'exec',
  'log',
  'portforward',
  'proxy',
  'resize',
  'status',
] as const;

/** The core group, which the aggregated document of `/apis` does not hold; in discovery's order. */
const CORE: Readonly<Record<string, readonly [plural: string, row: CoreRow]>> = {
  Binding: ['bindings', { verbs: ['create'] }],
  ComponentStatus: [
    'componentstatuses',
    { shortNames: ['cs'], verbs: ['get', 'list'], isCluster: true },
  ],
  ConfigMap: ['configmaps', { shortNames: ['cm'] }],
  Endpoints: ['endpoints', { shortNames: ['ep'] }],
  Event: ['events', { shortNames: ['ev'] }],
  LimitRange: ['limitranges', { shortNames: ['limits'] }],
  Namespace: [
    'namespaces',
    {
      shortNames: ['ns'],
      verbs: STORED_VERBS.filter((verb) => verb !== 'deletecollection'),
      subresources: ['finalize', 'status'],
      isCluster: true,
    },
  ],
  Node: ['nodes', { shortNames: ['no'], subresources: ['proxy', 'status'], isCluster: true }],
  PersistentVolumeClaim: [
    'persistentvolumeclaims',
    { shortNames: ['pvc'], subresources: ['status'] },
  ],
  PersistentVolume: [
    'persistentvolumes',
    { shortNames: ['pv'], subresources: ['status'], isCluster: true },
  ],
  Pod: ['pods', { shortNames: ['po'], categories: ['all'], subresources: POD_SUBRESOURCES }],
  PodTemplate: ['podtemplates', {}],
  ReplicationController: [
    'replicationcontrollers',
    { shortNames: ['rc'], categories: ['all'], subresources: ['scale', 'status'] },
  ],
  ResourceQuota: ['resourcequotas', { shortNames: ['quota'], subresources: ['status'] }],
  Secret: ['secrets', {}],
  ServiceAccount: ['serviceaccounts', { shortNames: ['sa'], subresources: ['token'] }],
  Service: [
    'services',
    { shortNames: ['svc'], categories: ['all'], subresources: ['proxy', 'status'] },
  ],
};

/** The resources of the core group. */
export function coreResources(): readonly ResourceRow[] {
  return Object.entries(CORE).map(([kind, [plural, row]]) => ({
    group: '',
    versions: ['v1'],
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    verbs: row.verbs ?? STORED_VERBS,
    subresources: row.subresources ?? [],
    isNamespaced: row.isCluster !== true,
  }));
}
