import t from 'tap';
import {
  changeRefusals,
  refusalsWith,
  stored,
  validObject,
  type ChangeRow,
  type Row,
} from './rare.ts';

const AUTOSCALER = await validObject({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'x', namespace: 'default' },
  spec: {
    maxReplicas: 3,
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
  },
});

t.test('a HorizontalPodAutoscaler gets its defaults', async (t) => {
  const behavior = { scaleDown: { selectPolicy: 'Min' } };
  t.match(stored(AUTOSCALER, { spec: { behavior } }), {
    spec: {
      minReplicas: 1,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
      ],
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Max',
          policies: [
            { type: 'Pods', value: 4, periodSeconds: 15 },
            { type: 'Percent', value: 100, periodSeconds: 15 },
          ],
        },
        scaleDown: {
          selectPolicy: 'Min',
          policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
        },
      },
    },
  });
});

const metric = (metrics: readonly object[]): object => ({ spec: { metrics } });
const rows: readonly Row[] = [
  { name: 'nothing wrong', with: {}, errors: [] },
  {
    name: 'no maximum',
    with: { spec: { maxReplicas: undefined } },
    errors: [
      'spec.maxReplicas: Required value: must be set and greater than 0',
      'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
    ],
  },
  {
    name: 'a minimum of 0',
    with: { spec: { minReplicas: 0 } },
    errors: [
      'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
      'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
    ],
  },
  {
    name: 'a target without a group',
    with: { spec: { scaleTargetRef: { apiVersion: 'v1', kind: 'a/b', name: '' } } },
    errors: [
      `spec.scaleTargetRef.kind: Invalid value: "a/b": may not contain '/'`,
      'spec.scaleTargetRef.name: Required value',
      'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group',
    ],
  },
  {
    name: 'a target in the core group that can be scaled',
    with: { spec: { scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController' } } },
    errors: [],
  },
  {
    name: 'a metric without a type',
    with: metric([{}]),
    errors: [
      'spec.metrics[0].type: Required value: must specify a metric source type',
      'spec.metrics[0].type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
      'spec.metrics[0].type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
    ],
  },
  {
    name: 'a metric of two sources',
    with: metric([
      {
        type: 'Pods',
        pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '1' } },
        resource: {},
      },
    ]),
    errors: ['spec.metrics[0].resource: Forbidden: must populate the given metric source only'],
  },
  {
    name: 'targets that say nothing or too much',
    with: metric([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'x' } } },
      {
        type: 'External',
        external: {
          metric: {},
          target: { type: 'Value', value: '0', averageValue: '-1' },
        },
      },
      {
        type: 'ContainerResource',
        containerResource: {
          name: 'dogs',
          container: 'A',
          target: { type: 'Utilization', averageUtilization: 0 },
        },
      },
    ]),
    errors: [
      'spec.metrics[0].resource.target.type: Invalid value: "x": must be either Utilization, Value, or AverageValue',
      'spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
      'spec.metrics[1].external.metric.name: Required value: must specify a metric name',
      'spec.metrics[1].external.target.value: Invalid value: "0": must be positive',
      'spec.metrics[1].external.target.averageValue: Invalid value: "-1": must be positive',
      'spec.metrics[1].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
      'spec.metrics[2].containerResource.name: Invalid value: "dogs": must be a standard resource type or fully qualified',
      'spec.metrics[2].containerResource.name: Invalid value: "dogs": must be a standard resource for containers',
      `spec.metrics[2].containerResource.container: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
      'spec.metrics[2].containerResource.target.averageUtilization: Invalid value: 0: must be greater than 0',
    ],
  },
  {
    name: 'a behavior out of bounds',
    with: {
      spec: {
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 3601,
            selectPolicy: 'Mean',
            policies: [{ type: 'x', value: 0, periodSeconds: 1801 }],
          },
          scaleDown: { stabilizationWindowSeconds: -1, policies: [], tolerance: '-1' },
        },
      },
    },
    errors: [
      'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Mean": supported values: "Disabled", "Max", "Min"',
      'spec.behavior.scaleUp.policies[0].type: Unsupported value: "x": supported values: "Percent", "Pods"',
      'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero',
      'spec.behavior.scaleDown.policies: Required value: must specify at least one Policy',
      'spec.behavior.scaleDown.tolerance: Invalid value: "-1": must be greater than or equal to 0',
    ],
  },
];
for (const { name, with: fields, errors } of rows) {
  t.test(`a HorizontalPodAutoscaler with ${name}`, async (t) => {
    t.same(refusalsWith(AUTOSCALER, fields), errors);
  });
}

const changes: readonly ChangeRow[] = [
  {
    name: 'another target without a group',
    with: { spec: { scaleTargetRef: { apiVersion: 'v1' } } },
    errors: [
      'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group',
    ],
  },
  {
    name: 'another maximum',
    with: { spec: { maxReplicas: 5 } },
    errors: [],
  },
];
for (const row of changes) {
  t.test(`a HorizontalPodAutoscaler that is updated to ${row.name}`, async (t) => {
    t.same(changeRefusals(AUTOSCALER, row), row.errors);
  });
}
