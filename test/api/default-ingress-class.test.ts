import t from 'tap';
import type { KubeObject } from '../../src/api/index.ts';
import { createTestStore, object, START } from './test-store.ts';

const DEFAULT = { 'ingressclass.kubernetes.io/is-default-class': 'true' };

const cases = [
  { name: 'names no class', ingress: {}, className: 'new' },
  { name: 'names one', ingress: { spec: { ingressClassName: 'mine' } }, className: 'mine' },
  {
    name: 'has the annotation of old',
    ingress: { annotations: { 'kubernetes.io/ingress.class': 'nginx' } },
    className: undefined,
  },
] as const;
for (const { name, ingress, className } of cases) {
  t.test(`withDefaultIngressClass() of an Ingress that ${name}`, async (t) => {
    let now = START;
    const store = createTestStore({ now: () => now });
    const create = (each: string, annotations: Readonly<Record<string, string>>): KubeObject =>
      store.create({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IngressClass',
        metadata: { name: each, annotations },
      });
    create('a-old', DEFAULT);
    now += 5000;
    create('other', {});
    create('not', { 'ingressclass.kubernetes.io/is-default-class': 'false' });
    create('new', DEFAULT);
    create('new-too', DEFAULT);
    const { annotations, spec } = { annotations: {}, spec: {}, ...ingress };
    const created = store.create(object('Ingress', { name: 'web', annotations }, { spec }));
    t.equal((created['spec'] as { ingressClassName?: string }).ingressClassName, className);
  });
}

t.test(
  'withDefaultIngressClass() leaves Ingresses alone where no class is the default',
  async (t) => {
    const store = createTestStore();
    t.same(store.create(object('Ingress', { name: 'web' }, { spec: {} }))['spec'], {});
  },
);
