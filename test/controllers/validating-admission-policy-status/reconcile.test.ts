import t from 'tap';
import type { KubeObject } from '../../../src/api/index.ts';
import { createValidatingAdmissionPolicyStatusController } from '../../../src/controllers/index.ts';
import { createBench } from '../harness.ts';

const NAME = 'ValidatingAdmissionPolicy.admissionregistration.k8s.io';

function policy(expression: string): KubeObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'p' },
    spec: { validations: [{ expression }] },
  };
}

t.test(
  'createValidatingAdmissionPolicyStatusController() says which generation it saw',
  async (t) => {
    const controllers = [createValidatingAdmissionPolicyStatusController()];
    await using on = createBench({ controllers });
    const statusOf = (): unknown => on.store.get<string>(NAME, undefined, 'p')?.['status'];
    on.store.create(policy('true'));
    await on.settled();
    t.same(statusOf(), { observedGeneration: 1, typeChecking: {} });
    on.store.update(policy('false'));
    await on.settled();
    t.same(statusOf(), { observedGeneration: 2, typeChecking: {} });
    const { revision } = on.store;
    await on.settled();
    t.equal(on.store.revision, revision);
  },
);
