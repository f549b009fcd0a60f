import t from 'tap';
import { statefulSetKind } from '../../../src/api/index.ts';
import {
  contentOf,
  createKindsStore,
  kindObject,
  refusals,
  refusalsOf,
  updateRefusals,
} from './admit.ts';

const TEMPLATE = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'i:1', ports: [{ containerPort: 80 }] }] },
};
const SELECTOR = { matchLabels: { app: 'x' } };
const SPEC = { selector: SELECTOR, template: TEMPLATE };

const DEFAULTED_TEMPLATE = {
  metadata: { labels: { app: 'x' } },
  spec: {
    containers: [
      {
        name: 'c',
        image: 'i:1',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'IfNotPresent',
      },
    ],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  },
};

const DEFAULTS = [
  {
    kind: 'Deployment',
    spec: {
      replicas: 1,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
      },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    },
    status: {},
  },
  { kind: 'ReplicaSet', spec: { replicas: 1 }, status: { replicas: 0 } },
  {
    kind: 'StatefulSet',
    spec: {
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    },
    status: { replicas: 0, availableReplicas: 0 },
  },
  {
    kind: 'DaemonSet',
    annotations: { 'deprecated.daemonset.template.generation': '1' },
    spec: {
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
      },
      revisionHistoryLimit: 10,
    },
    status: {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    },
  },
];
for (const { kind, spec, status, annotations } of DEFAULTS) {
  t.test(`a ${kind} gets the API server's defaults`, async (t) => {
    const created = createKindsStore().create(kindObject(kind, { spec: SPEC, status: { x: 1 } }));
    t.same(contentOf(created), {
      apiVersion: 'apps/v1',
      kind,
      metadata: {
        name: 'x',
        namespace: 'default',
        generation: 1,
        ...(annotations && { annotations }),
      },
      spec: { selector: SELECTOR, template: DEFAULTED_TEMPLATE, ...spec },
      status,
    });
  });

  t.test(`a ${kind} must select its own Pods, for ever`, async (t) => {
    t.same(refusalsOf(kind, { spec: { ...SPEC, selector: { matchLabels: { a: 'b' } } } }), [
      'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
    ]);
    t.match(refusalsOf(kind, { spec: { template: TEMPLATE } }), [
      kind === 'DaemonSet' ? /`selector` does not match/ : 'spec.selector: Required value',
    ]);
    t.match(refusalsOf(kind, { spec: { ...SPEC, selector: {} } }), [
      /^spec\.selector: Invalid value: \{\}: empty selector is invalid for (deployment|statefulset|daemonset)$/,
    ]);
    const once = { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } };
    t.same(refusalsOf(kind, { spec: { ...SPEC, template: once } }), [
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ]);
  });

  t.test(`a ${kind} keeps its selector`, async (t) => {
    const labels = { app: 'x', tier: 'web' };
    const template = { ...TEMPLATE, metadata: { labels } };
    const after = { selector: { matchLabels: labels }, template };
    const actual = updateRefusals(kind, { spec: { ...SPEC, template } }, { spec: after });
    t.equal(actual.length, 1);
    t.match(actual[0], /^spec(\.selector)?: .*(field is immutable|are forbidden)$/);
  });
}

const REFUSED = [
  {
    name: 'a Deployment that may lose and gain nothing',
    kind: 'Deployment',
    spec: { ...SPEC, strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: '0%' } } },
    errors: [
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
  },
  {
    name: 'shares that are none',
    kind: 'Deployment',
    spec: { ...SPEC, strategy: { rollingUpdate: { maxUnavailable: '101%', maxSurge: 'some' } } },
    errors: [
      /^spec\.strategy\.rollingUpdate\.maxSurge: Invalid value: "some": a valid percent string/,
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ],
  },
  {
    name: 'a strategy with what belongs to another',
    kind: 'Deployment',
    spec: { ...SPEC, strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
    errors: [
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
  },
  {
    name: 'negative counts and a deadline too near',
    kind: 'Deployment',
    spec: { ...SPEC, replicas: -1, minReadySeconds: 600 },
    errors: [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
  },
  {
    name: 'a StatefulSet with unknown policies',
    kind: 'StatefulSet',
    spec: { ...SPEC, podManagementPolicy: 'Chaotic', updateStrategy: { type: 'Never' } },
    errors: [
      `spec.podManagementPolicy: Invalid value: "Chaotic": must be 'OrderedReady' or 'Parallel'`,
      'spec.updateStrategy: Invalid value: {"Type":"Never","RollingUpdate":null}: must be \'RollingUpdate\' or \'OnDelete\'',
    ],
  },
  {
    name: 'a budget with both limits, and none that is right',
    kind: 'PodDisruptionBudget',
    spec: {
      selector: { matchExpressions: [{ key: 'app', operator: 'Near' }] },
      minAvailable: '101%',
      maxUnavailable: -1,
      unhealthyPodEvictionPolicy: 'Sometimes',
    },
    errors: [
      /^spec: Invalid value: .*: minAvailable and maxUnavailable cannot be both set$/,
      'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
      'spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0',
      /^spec\.selector\.matchExpressions\[0\]\.operator: /,
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Sometimes": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
  },
  {
    name: 'a DaemonSet that both loses and gains',
    kind: 'DaemonSet',
    spec: { ...SPEC, updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } },
    errors: [
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ],
  },
  {
    name: 'a Job that would run for ever',
    kind: 'Job',
    spec: { template: { spec: TEMPLATE.spec }, completionMode: 'Indexed', parallelism: -1 },
    errors: [
      'spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
      'spec.completions: Required value: when completion mode is Indexed',
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
  },
  {
    name: 'a CronJob with a schedule that is none',
    kind: 'CronJob',
    spec: {
      schedule: 'xx',
      timeZone: 'Mars/Olympus',
      concurrencyPolicy: 'Maybe',
      jobTemplate: { spec: { template: { spec: TEMPLATE.spec } } },
    },
    errors: [
      'spec.schedule: Invalid value: "xx": expected exactly 5 fields, found 1: [xx]',
      'spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus',
      'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"',
      'spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
  },
];
for (const { name, kind, spec, errors } of REFUSED) {
  t.test(`refused is ${name}`, async (t) => {
    const actual = refusalsOf(kind, { spec });
    t.match(actual, errors);
    t.equal(actual.length, errors.length, actual.join('\n'));
  });
}

t.test('STATEFUL_SET changes nothing but what may change', async (t) => {
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
  };
  const before = { ...SPEC, serviceName: 'a', volumeClaimTemplates: [claim] };
  const bigger = { ...before, replicas: 3, minReadySeconds: 1 };
  t.same(updateRefusals('StatefulSet', { spec: before }, { spec: bigger }), []);
  t.match(
    updateRefusals('StatefulSet', { spec: before }, { spec: { ...before, serviceName: 'b' } }),
    [/^spec: Forbidden: updates to statefulset spec for fields other than .* are forbidden$/],
  );
});

t.test('statefulSetKind() keeps maxUnavailable behind its gate alone', async (t) => {
  const spec = { ...SPEC, updateStrategy: { rollingUpdate: { maxUnavailable: 2, partition: 1 } } };
  const object = kindObject('StatefulSet', { spec });
  const strategyIn = (keepsMaxUnavailable: boolean): readonly unknown[] => {
    const store = createKindsStore([statefulSetKind({ keepsMaxUnavailable })]);
    return [store.create(object), store.update(object)].map(
      (stored) => (stored['spec'] as { updateStrategy?: unknown }).updateStrategy,
    );
  };
  const dropped = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
  t.same(strategyIn(false), [dropped, dropped]);
  const kept = { type: 'RollingUpdate', rollingUpdate: { partition: 1, maxUnavailable: 2 } };
  t.same(strategyIn(true), [kept, kept]);
});

t.test('DAEMON_SET counts changes of its template', async (t) => {
  const store = createKindsStore();
  store.create(kindObject('DaemonSet', { spec: SPEC }));
  const template = { ...TEMPLATE, spec: { containers: [{ name: 'c', image: 'i:2' }] } };
  const generations = [SPEC, { ...SPEC, template }, { ...SPEC, template, minReadySeconds: 1 }].map(
    (spec) => store.update(kindObject('DaemonSet', { spec })).metadata.annotations,
  );
  t.same(
    generations.map((annotations) => Object.values(annotations ?? {})),
    [['1'], ['2'], ['2']],
  );
});

t.test('JOB selects its Pods by its own uid', async (t) => {
  const template = {
    metadata: { labels: { app: 'x' } },
    spec: { ...TEMPLATE.spec, restartPolicy: 'Never' },
  };
  const job = createKindsStore().create(kindObject('Job', { spec: { template } }, 'j'));
  const { uid } = job.metadata;
  const labels = {
    app: 'x',
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': 'j',
    'controller-uid': uid,
    'job-name': 'j',
  };
  t.same(job.metadata.labels, labels);
  t.match(job['spec'], {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
    template: { metadata: { labels } },
  });
});

t.test('JOB keeps its template once it runs', async (t) => {
  const template = { spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } };
  const store = createKindsStore();
  const job = store.create(kindObject('Job', { spec: { template, suspend: true } }));
  const placed = structuredClone(job) as unknown as {
    spec: { template: { spec: { nodeSelector?: object; dnsPolicy: string } }; suspend: boolean };
  };
  placed.spec.template.spec.nodeSelector = { zone: 'a' };
  const moved = store.update({ ...job, spec: placed.spec });
  placed.spec.template.spec.dnsPolicy = 'Default';
  const actual = refusals(() => store.update({ ...moved, spec: placed.spec }));
  t.match(actual, [/^spec\.template\.spec: Invalid value: .*field is immutable$/]);
});

t.test('JOB takes a selector that the client manages', async (t) => {
  const template = {
    metadata: { labels: { app: 'x' } },
    spec: { ...TEMPLATE.spec, restartPolicy: 'Never' },
  };
  const selector = { matchLabels: { app: 'x' } };
  const spec = { template, selector, manualSelector: true };
  t.same(refusalsOf('Job', { spec }), []);
  t.match(refusalsOf('Job', { spec: { ...spec, selector: { matchLabels: { app: 'y' } } } }), [
    /^spec\.template\.metadata\.labels: .*`selector` does not match template `labels`$/,
  ]);
});

t.test('CRON_JOB gets the defaults of the API server', async (t) => {
  const template = { spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } };
  const spec = { schedule: '*/5 * * * *', jobTemplate: { spec: { template } } };
  t.match(createKindsStore().create(kindObject('CronJob', { spec })), {
    spec: {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: { spec: { template: { spec: { dnsPolicy: 'ClusterFirst' } } } },
    },
    status: {},
  });
  t.match(refusalsOf('CronJob', { spec }, 'a'.repeat(53)), [/must be no more than 52 characters$/]);
});
