import t from 'tap';
import { withPriority, type KubeObject } from '../../src/api/index.ts';

const pod = (spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [], ...spec },
});
const CLASSES: readonly KubeObject[] = [
  { name: 'high', value: 1000, preemptionPolicy: 'Never' },
  { name: 'usual', value: 10, globalDefault: true },
  { name: 'low', value: 5, globalDefault: true },
].map(({ name, ...fields }) => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  ...fields,
}));

const priorities: readonly {
  readonly name: string;
  readonly spec: object;
  readonly priority: number | undefined;
}[] = [
  { name: 'its class', spec: { priorityClassName: 'high' }, priority: 1000 },
  { name: 'the lowest default', spec: {}, priority: 5 },
  {
    name: 'a class of the system, which nobody has made',
    spec: { priorityClassName: 'system-node-critical' },
    priority: 2_000_001_000,
  },
  {
    name: 'a class that every JavaScript object has',
    spec: { priorityClassName: 'constructor' },
    priority: undefined,
  },
];
for (const { name, spec, priority } of priorities)
  t.test(`withPriority() of ${name}`, async (t) => {
    const { spec: given } = withPriority(pod(spec), CLASSES, { isStrict: false });
    t.equal((given as { readonly priority?: number }).priority, priority);
  });

const refused: readonly (readonly [name: string, spec: object, says: RegExp])[] = [
  ['no class', { priorityClassName: 'constructor' }, /no PriorityClass with name constructor/],
  ['another priority', { priorityClassName: 'high', priority: 1 }, /computed 1000 from/],
  [
    'another policy',
    { priorityClassName: 'high', preemptionPolicy: 'PreemptLowerPriority' },
    /computed Never from/,
  ],
];
for (const [name, spec, message] of refused)
  t.test(`withPriority() refuses ${name} where it is strict`, async (t) => {
    t.throws(() => withPriority(pod(spec), CLASSES, { isStrict: true }), {
      reason: 'Forbidden',
      message,
    });
  });
