import t from 'tap';
import {
  bootstrapObjects,
  createKindRegistry,
  createStore,
  KINDS,
  type KubeObject,
} from '../../../src/api/index.ts';

function budget(selector: unknown): KubeObject {
  const metadata = { name: 'b', namespace: 'default' };
  const spec = { minAvailable: 1, selector };
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec };
}

const SELECTORS = [
  { given: { matchLabels: { app: 'x' } }, read: { matchLabels: { app: 'x' } } },
  { given: { matchLabels: { app: null } }, read: { matchLabels: { app: '' } } },
  { given: {}, read: {} },
  { given: null, read: undefined },
] as const;

t.test('a budget reads its selector as Go does', async (t) => {
  const kinds = createKindRegistry(KINDS);
  const store = createStore({ kinds, now: () => 0, random: () => 0.5 });
  for (const object of bootstrapObjects({ kubernetesServiceIPs: ['10.96.0.1'] }))
    store.create(object);
  for (const { given, read } of SELECTORS) {
    const { spec } = store.create(budget(given), { isDryRun: true });
    t.same((spec as { readonly selector?: unknown }).selector, read, JSON.stringify(given));
  }
  t.throws(() => store.create(budget({ matchLabels: 5 })), {
    code: 'ERR_API_BAD_REQUEST',
    message: /matchLabels/,
  });
});
