import t from 'tap';
import { changeRefusals, refusalsWith, stored, validObject, type ChangeRow } from './rare.ts';

const STORAGE = { apiVersion: 'storage.k8s.io/v1', metadata: { name: 'x' } };
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const QUALIFIED =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

interface Table {
  readonly kind: string;
  /** The valid object's fields. */
  readonly object: object;
  /** An update where a row says what was before. */
  readonly rows: readonly ChangeRow[];
}

const topology = (...expressions: readonly object[]): object => ({
  allowedTopologies: [{ matchLabelExpressions: expressions }],
});
const TERM = 'allowedTopologies[0].matchLabelExpressions';

const TABLES: readonly Table[] = [
  {
    kind: 'StorageClass',
    object: { provisioner: 'disk.example.org', parameters: { b: '1' } },
    rows: [
      { name: 'nothing', with: topology({ key: 'zone', values: ['a'] }), errors: [] },
      {
        name: 'what it does not know',
        with: { provisioner: 'a b', reclaimPolicy: 'Recycle', volumeBindingMode: 'Later' },
        errors: [
          `provisioner: Invalid value: "a b": ${QUALIFIED}`,
          'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
          'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
        ],
      },
      {
        name: 'too much to tell the provisioner',
        with: { parameters: { '': 'x'.repeat(262_144) } },
        errors: [
          'parameters: Invalid value: "": field can not be empty.',
          'parameters: Too long: may not be more than 262144 bytes',
        ],
      },
      {
        name: 'a place that is nowhere',
        with: topology({ key: 'zone', values: ['a', 'a'] }, { key: 'zone', values: [] }),
        errors: [
          `${TERM}[0].values[1]: Duplicate value: "a"`,
          `${TERM}[1].values: Required value`,
          `${TERM}[1].key: Duplicate value: "zone"`,
        ],
      },
      {
        name: 'a place without a rule',
        with: { allowedTopologies: [{}] },
        errors: [`${TERM}: Duplicate value: ""`],
      },
      {
        name: 'changes of what volumes are made of',
        from: {},
        with: { parameters: { a: '2' }, provisioner: 'p', reclaimPolicy: 'Retain' },
        errors: [
          'parameters: Invalid value: {"a":"2","b":"1"}: field is immutable',
          'provisioner: Invalid value: "p": field is immutable',
          'reclaimPolicy: Invalid value: "Retain": field is immutable',
        ],
      },
    ],
  },
  {
    kind: 'VolumeAttributesClass',
    object: { driverName: 'disk.example.org', parameters: { a: '1' } },
    rows: [
      { name: 'nothing', with: {}, errors: [] },
      {
        name: 'nothing to tell nobody',
        with: { driverName: undefined, parameters: undefined },
        errors: [
          'driverName: Required value',
          'parameters: Required value: must contain at least one key/value pair',
        ],
      },
      {
        name: 'any change',
        from: {},
        with: { driverName: 'd', parameters: { b: '2' } },
        errors: [
          'driverName: Forbidden: updates to driverName are forbidden.',
          'parameters: Forbidden: updates to parameters are forbidden.',
        ],
      },
    ],
  },
  {
    kind: 'CSIDriver',
    object: { spec: {} },
    rows: [
      { name: 'nothing', with: {}, errors: [] },
      {
        name: 'what it does not know',
        with: {
          spec: {
            fsGroupPolicy: 'Some',
            volumeLifecycleModes: ['Forever'],
            nodeAllocatableUpdatePeriodSeconds: 9,
            serviceAccountTokenInSecrets: true,
          },
        },
        errors: [
          'spec.fsGroupPolicy: Unsupported value: "Some": supported values: "File", "None", "ReadWriteOnceWithFSType"',
          'spec.volumeLifecycleModes: Unsupported value: "Forever": supported values: "Persistent", "Ephemeral"',
          'spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds',
          'spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified',
        ],
      },
      {
        name: 'tokens of a moment, of ages, and of one audience',
        with: {
          spec: {
            tokenRequests: [
              { audience: 'a', expirationSeconds: 599 },
              { audience: 'b', expirationSeconds: 4_294_967_297 },
              { audience: 'b', expirationSeconds: 1 },
            ],
          },
        },
        errors: [
          'spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
          'spec.tokenRequests[1].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
          'spec.tokenRequests[2].audience: Duplicate value: "b"',
        ],
      },
      {
        name: 'changes of how it attaches',
        from: {},
        with: { spec: { attachRequired: false, volumeLifecycleModes: ['Ephemeral'] } },
        errors: [
          'spec.attachedRequired: Invalid value: false: field is immutable',
          'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
        ],
      },
    ],
  },
  {
    kind: 'CSINode',
    object: { spec: { drivers: [{ name: 'd', nodeID: 'n', topologyKeys: ['zone'] }] } },
    rows: [
      { name: 'nothing', with: {}, errors: [] },
      {
        name: 'drivers without names',
        with: {
          spec: {
            drivers: [
              { name: 'D', nodeID: 'n'.repeat(257), allocatable: { count: -1 } },
              { name: 'D', nodeID: '', topologyKeys: ['a', 'a'] },
            ],
          },
        },
        errors: [
          `spec.drivers[0].nodeID: Invalid value: "${'n'.repeat(257)}": must be 256 characters or less`,
          'spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
          'spec.drivers[1].nodeID: Required value',
          'spec.drivers[1].name: Duplicate value: "D"',
          'spec.drivers[1]: Duplicate value: "a"',
        ],
      },
      {
        name: 'a driver that is another',
        from: {},
        with: { spec: { drivers: [{ name: 'd', nodeID: 'm' }] } },
        errors: [
          'spec.drivers: Invalid value: {"Name":"d","NodeID":"m","TopologyKeys":null,"Allocatable":null}: field is immutable',
        ],
      },
    ],
  },
  {
    kind: 'CSIStorageCapacity',
    object: { metadata: { namespace: 'default' }, storageClassName: 'fast' },
    rows: [
      { name: 'nothing', with: { capacity: '1Gi' }, errors: [] },
      {
        name: 'less than nothing',
        with: { capacity: '-1', storageClassName: 'A' },
        errors: [
          `storageClassName: Invalid value: "A": ${SUBDOMAIN}`,
          'capacity: Invalid value: "-1": must be greater than or equal to 0',
        ],
      },
      {
        name: 'another place',
        from: { nodeTopology: { matchLabels: { b: '1' } } },
        with: { nodeTopology: { matchLabels: { b: '1', a: '2' } }, storageClassName: 'slow' },
        errors: [
          'nodeTopology: Invalid value: {"matchLabels":{"a":"2","b":"1"}}: field is immutable',
          'storageClassName: Invalid value: "slow": field is immutable',
        ],
      },
    ],
  },
  {
    kind: 'VolumeAttachment',
    object: {
      spec: { attacher: 'd.example.org', nodeName: 'n', source: { persistentVolumeName: 'v' } },
    },
    rows: [
      { name: 'nothing', with: {}, errors: [] },
      {
        name: 'nothing to attach to nothing',
        with: { spec: { attacher: '', nodeName: '', source: { persistentVolumeName: undefined } } },
        errors: [
          'spec.attacher: Required value',
          'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
          `spec.nodeName: Invalid value: "": ${SUBDOMAIN}`,
        ],
      },
      {
        name: 'two volumes',
        with: { spec: { source: { inlineVolumeSpec: {} } } },
        errors: [
          'spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
        ],
      },
      {
        name: 'a volume of its own that is not of a driver',
        with: {
          spec: {
            source: {
              persistentVolumeName: undefined,
              inlineVolumeSpec: {
                accessModes: ['ReadWriteOnce'],
                capacity: { storage: '1' },
                hostPath: { path: '/x' },
                persistentVolumeReclaimPolicy: 'Delete',
                storageClassName: 'fast',
                volumeMode: 'Block',
              },
            },
          },
        },
        errors: [
          'spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes',
          'spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes',
          'spec.source.inlineVolumeSpec.persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of inline volumes',
          'spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of inline volumes',
          'spec.source.inlineVolumeSpec.volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the context of inline volumes',
        ],
      },
      {
        name: 'another node',
        from: {},
        with: { spec: { nodeName: 'm' } },
        errors: [
          'spec: Invalid value: {"Attacher":"d.example.org","Source":{"PersistentVolumeName":"v","InlineVolumeSpec":null},"NodeName":"m"}: field is immutable',
        ],
      },
    ],
  },
];
for (const { kind, object, rows } of TABLES)
  for (const row of rows)
    t.test(`a ${kind} is refused ${row.name}`, async (t) => {
      const { metadata } = { ...STORAGE, ...object };
      const valid = await validObject({
        ...STORAGE,
        kind,
        ...object,
        metadata: { ...STORAGE.metadata, ...metadata },
      });
      const found =
        row.from === undefined ? refusalsWith(valid, row.with) : changeRefusals(valid, row);
      t.same(found, row.errors);
    });

t.test('a CSIDriver says how it attaches, and counts changes', async (t) => {
  const driver = await validObject({
    ...STORAGE,
    kind: 'CSIDriver',
    spec: { requiresRepublish: true, preventPodSchedulingIfMissing: true },
  });
  const { spec, metadata } = stored(driver) as unknown as {
    readonly spec: object;
    readonly metadata: { readonly generation?: number };
  };
  t.same(spec, {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    requiresRepublish: true,
    seLinuxMount: false,
    volumeLifecycleModes: ['Persistent'],
  });
  t.equal(metadata.generation, undefined);
});
