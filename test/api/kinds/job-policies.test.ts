/** What a Job that ends by rules may say. */
import t from 'tap';
import { type Row, refusalsWith, validObject } from './rare.ts';

const CONTAINERS = [{ name: 'main', image: 'i:1' }];
const CODES = { operator: 'In', values: [1, 2] };

const JOB = await validObject({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'work', namespace: 'default' },
  spec: {
    completionMode: 'Indexed',
    completions: 5,
    parallelism: 2,
    template: { spec: { restartPolicy: 'Never', containers: CONTAINERS } },
  },
});

/** A Job with one rule for failures. */
function failing(rule: object): object {
  return { spec: { podFailurePolicy: { rules: [rule] } } };
}

/** A Job with one rule for successes. */
function succeeding(rule: object): object {
  return { spec: { successPolicy: { rules: [rule] } } };
}

const FAILURE = 'spec.podFailurePolicy.rules[0]';
const SUCCESS = 'spec.successPolicy.rules[0]';

const CASES: readonly Row[] = [
  {
    name: 'codes of a container',
    with: failing({ action: 'FailJob', onExitCodes: { ...CODES, containerName: 'main' } }),
    errors: [],
  },
  {
    name: 'codes of no container',
    with: failing({ action: 'FailJob', onExitCodes: { ...CODES, containerName: 'side' } }),
    errors: [
      `${FAILURE}.onExitCodes.containerName: Invalid value: "side": must be one of the container or initContainer names in the pod template`,
    ],
  },
  {
    name: 'codes in no order, one of them 0',
    with: failing({ action: 'Count', onExitCodes: { operator: 'In', values: [2, 0] } }),
    errors: [
      `${FAILURE}.onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator`,
      `${FAILURE}.onExitCodes.values: Invalid value: [2,0]: must be ordered`,
    ],
  },
  {
    name: 'an action that is none',
    with: failing({ action: 'Retry', onExitCodes: CODES }),
    errors: [
      `${FAILURE}.action: Unsupported value: "Retry": supported values: "Count", "FailIndex", "FailJob", "Ignore"`,
    ],
  },
  {
    name: 'an index that fails without a limit',
    with: failing({ action: 'FailIndex', onExitCodes: CODES }),
    errors: [
      `${FAILURE}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`,
    ],
  },
  {
    name: 'neither codes nor conditions',
    with: failing({ action: 'Ignore' }),
    errors: [
      `${FAILURE}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
    ],
  },
  {
    name: 'a condition, true unless it says otherwise',
    with: failing({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }),
    errors: [],
  },
  {
    name: 'indexes and a count',
    with: succeeding({ succeededIndexes: '0,2-4', succeededCount: 3 }),
    errors: [],
  },
  {
    name: 'more successes than indexes',
    with: succeeding({ succeededIndexes: '0,2-3', succeededCount: 4 }),
    errors: [
      `${SUCCESS}.succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of indexes in the specified succeededIndexes field)`,
    ],
  },
  {
    name: 'an index that there is not',
    with: succeeding({ succeededIndexes: '1-5' }),
    errors: [
      `${SUCCESS}.succeededIndexes: Invalid value: "1-5": error parsing succeededIndexes: too large index: "5"`,
    ],
  },
  {
    name: 'indexes in no order',
    with: succeeding({ succeededIndexes: '3,1' }),
    errors: [
      `${SUCCESS}.succeededIndexes: Invalid value: "3,1": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1`,
    ],
  },
  {
    name: 'a success that asks for nothing',
    with: succeeding({}),
    errors: [
      `${SUCCESS}: Required value: at least one of succeededCount or succeededIndexes must be specified`,
    ],
  },
  {
    name: 'a manager without a domain',
    with: { spec: { managedBy: 'me' } },
    errors: [
      'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
  },
  {
    name: 'indexes without an end',
    with: { spec: { completions: undefined } },
    errors: ['spec.completions: Required value: when completion mode is Indexed'],
  },
  {
    name: 'more failed indexes than there are',
    with: { spec: { backoffLimitPerIndex: 1, maxFailedIndexes: 6 } },
    errors: ['spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions'],
  },
  {
    name: 'very many indexes',
    with: { spec: { completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1 } },
    errors: [
      'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
      'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
    ],
  },
  {
    name: 'limits of a Job without indexes',
    with: { spec: { completionMode: 'NonIndexed', backoffLimitPerIndex: 1 } },
    errors: ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
  },
];

for (const row of CASES) {
  t.test(`a Job with ${row.name}`, async (t) => {
    t.same(refusalsWith(JOB, row.with), row.errors);
  });
}
