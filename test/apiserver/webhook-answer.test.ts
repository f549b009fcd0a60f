import * as fc from 'fast-check';
import t from 'tap';
import { readAnswer } from '../../src/apiserver/webhooks/answer.ts';
import { WebhookFailure } from '../../src/apiserver/webhooks/failures.ts';

const ASKED = { uid: 'u', review: 'v1', isMutating: true } as const;

t.test('readAnswer() reads or refuses whatever comes', async (t) => {
  const review = fc.record(
    {
      kind: fc.constantFrom('AdmissionReview', 'Other'),
      apiVersion: fc.constantFrom('admission.k8s.io/v1', 'v1'),
      response: fc.oneof(
        fc.jsonValue(),
        fc.record(
          {
            uid: fc.constantFrom<unknown>('u', 'x', 1),
            allowed: fc.jsonValue(),
            patch: fc.oneof(fc.jsonValue(), fc.base64String()),
            patchType: fc.oneof(fc.constant('JSONPatch'), fc.jsonValue()),
            warnings: fc.jsonValue(),
            status: fc.jsonValue(),
          },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: [] },
  );
  const texts = fc.oneof(
    fc.string(),
    review.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const { isAllowed, warnings } = readAnswer(text, ASKED);
        return typeof isAllowed === 'boolean' && warnings.every((one) => typeof one === 'string');
      } catch (error) {
        return error instanceof WebhookFailure;
      }
    }),
    { numRuns: 2000 },
  );
  t.pass('every text was read or refused');
});
