import t from 'tap';
import { prepareWrites } from '../../../src/api/index.ts';
import { createKindsStore, kindObject, refusals } from './admit.ts';

/** What is wrong with an object, the rules for storage loaded. */
async function refused(kind: string, body: object): Promise<readonly string[]> {
  const object = kindObject(kind, body);
  await prepareWrites([object]);
  return refusals(() => createKindsStore().create(object));
}

async function refusedChange(
  kind: string,
  before: object,
  after: object,
): Promise<readonly string[]> {
  const object = kindObject(kind, before);
  await prepareWrites([object]);
  const store = createKindsStore();
  store.create(object);
  return refusals(() => store.update(kindObject(kind, after)));
}

const MODES = { accessModes: ['ReadWriteOnce'] };
const VOLUME = { ...MODES, capacity: { storage: '1Gi' } };
const HOST_PATH = { ...VOLUME, hostPath: { path: '/x' } };
const SUBDOMAIN = /: a lowercase RFC 1123 subdomain must consist/;
const CSI = { driver: 'example.org', volumeHandle: 'h' };

const VOLUMES: readonly {
  readonly name: string;
  readonly spec: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly errors: readonly (string | RegExp)[];
}[] = [
  { name: 'a directory', spec: HOST_PATH, errors: [] },
  {
    name: 'nothing',
    spec: {},
    errors: [
      'spec.accessModes: Required value',
      'spec.capacity: Required value',
      'spec.capacity: Unsupported value: null: supported values: "storage"',
      'spec: Required value: must specify a volume type',
    ],
  },
  {
    name: 'two types',
    spec: { ...HOST_PATH, cephfs: { monitors: [] }, nfs: { server: 's', path: '/' } },
    errors: [
      'spec.nfs: Forbidden: may not specify more than 1 volume type',
      'spec.cephFS: Forbidden: may not specify more than 1 volume type',
    ],
  },
  {
    name: 'modes and amounts',
    spec: {
      ...HOST_PATH,
      accessModes: ['ReadWriteOncePod', 'ReadWriteOnce', 'x'],
      capacity: { storage: '-1', cpu: '1' },
    },
    errors: [
      'spec.accessModes: Unsupported value: "x": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
      'spec.capacity: Unsupported value: {"cpu":"1","storage":"-1"}: supported values: "storage"',
      'spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
      'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
    ],
  },
  {
    name: 'a root that would be emptied',
    spec: { ...VOLUME, hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' },
    errors: [
      "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
    ],
  },
  {
    name: 'a path and a type',
    spec: { ...VOLUME, hostPath: { path: '/a/../b', type: 'x' } },
    errors: [
      `spec.hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
      'spec.hostPath.type: Unsupported value: "x": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
  },
  {
    name: 'a local disk of any Node',
    spec: { ...VOLUME, local: { path: '/x' } },
    errors: ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
  },
  {
    name: 'Nodes',
    spec: {
      ...HOST_PATH,
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: 'a', operator: 'x' },
                { key: '', operator: 'Exists' },
              ],
              matchFields: [{ key: 'x', operator: 'In', values: ['a'] }],
            },
          ],
        },
      },
    },
    errors: [
      'spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: "x": not a valid selector operator',
      'spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[1].key: Invalid value: "": name part must be non-empty',
      /matchExpressions\[1\]\.key: Invalid value: "": name part must consist of/,
      'spec.nodeAffinity.required.nodeSelectorTerms[0].matchFields[0].key: Invalid value: "x": not a valid field selector key',
    ],
  },
  {
    name: 'classes',
    spec: { ...HOST_PATH, storageClassName: 'A b', volumeAttributesClassName: '' },
    errors: [
      SUBDOMAIN,
      'spec.volumeAttributesClassName: Required value: an empty string is disallowed',
      'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
    ],
  },
  {
    name: 'a driver and its secrets',
    spec: { ...VOLUME, csi: { driver: 'x'.repeat(64), nodePublishSecretRef: { name: 'n' } } },
    errors: [
      'spec.csi.driver: Too long: may not be more than 63 bytes',
      'spec.csi.volumeHandle: Required value',
      'spec.csi.nodePublishSecretRef.namespace: Required value',
    ],
  },
  {
    name: 'iSCSI',
    spec: { ...VOLUME, iscsi: { targetPortal: '', iqn: 'iqn.x', lun: 256, chapAuthSession: true } },
    errors: [
      'spec.iscsi.targetPortal: Required value',
      'spec.iscsi.iqn: Invalid value: "iqn.x": must be valid format',
      'spec.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive',
      'spec.iscsi.secretRef: Required value',
    ],
  },
  {
    name: 'options where none can be',
    spec: HOST_PATH,
    annotations: { 'volume.beta.kubernetes.io/mount-options': 'ro' },
    errors: [
      'metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify mount options for this volume type',
    ],
  },
];
for (const { name, spec, annotations, errors } of VOLUMES) {
  t.test(`validatePersistentVolume() of ${name}`, async (t) => {
    const metadata = annotations === undefined ? {} : { annotations };
    const found = await refused('PersistentVolume', { metadata, spec });
    t.match(found, errors);
    t.equal(found.length, errors.length, found.join('\n'));
  });
}

const CHANGED: readonly {
  readonly name: string;
  readonly kind: string;
  readonly before: object;
  readonly after: object;
  readonly errors: readonly string[];
}[] = [
  {
    name: 'more capacity',
    kind: 'PersistentVolume',
    before: HOST_PATH,
    after: { ...HOST_PATH, capacity: { storage: '2Gi' } },
    errors: [],
  },
  {
    name: 'another directory',
    kind: 'PersistentVolume',
    before: HOST_PATH,
    after: { ...VOLUME, hostPath: { path: '/y' } },
    errors: [
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    ],
  },
  {
    name: 'a first secret for growing',
    kind: 'PersistentVolume',
    before: { ...VOLUME, csi: CSI },
    after: {
      ...VOLUME,
      csi: { ...CSI, controllerExpandSecretRef: { name: 'a', namespace: 'b' } },
    },
    errors: [],
  },
  {
    name: 'a wrong mode, which is told twice, and may not change',
    kind: 'PersistentVolume',
    before: HOST_PATH,
    after: { ...HOST_PATH, volumeMode: 'x' },
    errors: [
      'spec.volumeMode: Unsupported value: "x": supported values: "Block", "Filesystem"',
      'spec.volumeMode: Unsupported value: "x": supported values: "Block", "Filesystem"',
      'volumeMode: Invalid value: "x": field is immutable',
    ],
  },
  {
    name: 'more storage before it is bound',
    kind: 'PersistentVolumeClaim',
    before: { ...MODES, resources: { requests: { storage: '1Gi' } } },
    after: { ...MODES, resources: { requests: { storage: '2Gi' } } },
    errors: [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    ],
  },
  {
    name: 'a class that was never named',
    kind: 'PersistentVolumeClaim',
    before: { ...MODES, resources: { requests: { storage: '1Gi' } } },
    after: { ...MODES, resources: { requests: { storage: '1Gi' } }, storageClassName: 'a' },
    errors: [],
  },
];
for (const { name, kind, before, after, errors } of CHANGED) {
  t.test(`the store takes or refuses ${name} in an update of a ${kind}`, async (t) => {
    t.same(await refusedChange(kind, { spec: before }, { spec: after }), errors);
  });
}

const CLAIMS: readonly {
  readonly name: string;
  readonly spec: object;
  readonly errors: readonly (string | RegExp)[];
}[] = [
  {
    name: 'no size and a wrong class',
    spec: { ...MODES, storageClassName: 'A b' },
    errors: ['spec.resources[storage]: Required value', SUBDOMAIN],
  },
  {
    name: 'no bytes',
    spec: { ...MODES, resources: { requests: { storage: '0' } } },
    errors: ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
  },
  {
    name: 'sources that differ',
    spec: {
      ...MODES,
      resources: { requests: { storage: '1' } },
      dataSource: { kind: 'PersistentVolumeClaim', name: 'a' },
      dataSourceRef: { kind: 'x', name: '' },
    },
    errors: [
      'spec.dataSourceRef.name: Required value',
      `spec.dataSourceRef: Invalid value: "x": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
      'spec: Invalid value: {}: must match dataSourceRef',
    ],
  },
];
for (const { name, spec, errors } of CLAIMS) {
  t.test(`validateClaimSpec() of ${name}`, async (t) => {
    const found = await refused('PersistentVolumeClaim', { spec });
    t.match(found, errors);
    t.equal(found.length, errors.length, found.join('\n'));
  });
}

const DATA_SOURCES = [
  {
    name: 'fills in the newer field',
    spec: { dataSource: { kind: 'PersistentVolumeClaim', name: 'a' } },
    want: ['a', 'a'],
  },
  {
    name: 'fills in the older field',
    spec: { dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'a' } },
    want: ['a', 'a'],
  },
  {
    name: 'fills in no older field for another Namespace',
    spec: { dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'a', namespace: 'b' } },
    want: [undefined, 'a'],
  },
  {
    name: 'drops what the older field could never hold',
    spec: { dataSource: { kind: 'Image', name: 'a', apiGroup: 'example.org' } },
    want: [undefined, undefined],
  },
];
for (const { name, spec, want } of DATA_SOURCES) {
  t.test(`withDataSources() ${name}`, async (t) => {
    const body = { spec: { ...MODES, resources: { requests: { storage: '1' } }, ...spec } };
    const { spec: made } = createKindsStore().create(kindObject('PersistentVolumeClaim', body)) as {
      readonly spec?: Readonly<Record<string, { readonly name?: string }>>;
    };
    t.same([made?.['dataSource']?.name, made?.['dataSourceRef']?.name], want);
  });
}
