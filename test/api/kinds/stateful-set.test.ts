/** What a StatefulSet may say, and what of it may change. */
import t from 'tap';
import { type ChangeRow, type Row, changeRefusals, refusalsWith, validObject } from './rare.ts';

const CLAIM = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

const STATEFUL_SET = await validObject({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    serviceName: 'web',
    selector: { matchLabels: { app: 'x' } },
    template: {
      metadata: { labels: { app: 'x' } },
      spec: { containers: [{ name: 'main', image: 'i:1' }] },
    },
  },
});

const CASES: readonly Row[] = [
  { name: 'claims', with: { spec: { volumeClaimTemplates: [CLAIM] } }, errors: [] },
  {
    name: 'a claim for no amount',
    with: { spec: { volumeClaimTemplates: [{ ...CLAIM, spec: { accessModes: ['Sideways'] } }] } },
    errors: [
      'spec.volumeClaimTemplates[0].spec.accessModes: Unsupported value: "Sideways": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      'spec.volumeClaimTemplates[0].spec.resources[storage]: Required value',
    ],
  },
  {
    name: 'a Service that cannot be',
    with: { spec: { serviceName: 'A_b' } },
    errors: [
      `spec.serviceName: Invalid value: "A_b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    ],
  },
  {
    name: 'a policy that is none',
    with: { spec: { podManagementPolicy: 'Chaos' } },
    errors: [
      "spec.podManagementPolicy: Invalid value: \"Chaos\": must be 'OrderedReady' or 'Parallel'",
    ],
  },
  {
    name: 'Pods that end',
    with: { spec: { template: { spec: { restartPolicy: 'Never' } } } },
    errors: [
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
  },
];

for (const row of CASES) {
  t.test(`a StatefulSet with ${row.name}`, async (t) => {
    t.same(refusalsWith(STATEFUL_SET, row.with), row.errors);
  });
}

const FROZEN =
  "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

const CHANGES: readonly ChangeRow[] = [
  { name: 'more replicas', with: { spec: { replicas: 3, minReadySeconds: 1 } }, errors: [] },
  { name: 'another Service', with: { spec: { serviceName: 'other' } }, errors: [FROZEN] },
  { name: 'claims', with: { spec: { volumeClaimTemplates: [CLAIM] } }, errors: [FROZEN] },
];

for (const row of CHANGES) {
  t.test(`a StatefulSet that gets ${row.name}`, async (t) => {
    t.same(changeRefusals(STATEFUL_SET, row), row.errors);
  });
}
