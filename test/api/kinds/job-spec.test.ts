import t from 'tap';
import type { JobSpec } from '../../../src/api/index.ts';
import { validateJobSpec } from '../../../src/api/kinds/workload-rules/job-spec.ts';

const containers = [{ name: 'main', image: 'x' }];
const policy = {
  rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }],
};

const CASES = [
  { name: 'a policy and Never', podFailurePolicy: policy, restartPolicy: 'Never', says: [] },
  {
    name: 'a policy and OnFailure',
    podFailurePolicy: policy,
    restartPolicy: 'OnFailure',
    says: ['only "Never" is supported when podFailurePolicy is specified'],
  },
  { name: 'OnFailure alone', restartPolicy: 'OnFailure', says: [] },
  { name: 'Always', restartPolicy: 'Always', says: ['valid values: "OnFailure", "Never"'] },
] as const;
for (const { name, says, restartPolicy, ...rest } of CASES) {
  t.test(`validateJobSpec() of ${name}`, async (t) => {
    const spec: JobSpec = { ...rest, template: { spec: { restartPolicy, containers } } };
    const errors = validateJobSpec('spec', spec).filter(({ field }) =>
      field.endsWith('restartPolicy'),
    );
    t.same(
      errors.map(({ message }) => message.replace(/^.*?: (?:"\w+": )?/, '')),
      says,
    );
  });
}
