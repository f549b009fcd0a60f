import {
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
  type Arbitrary,
} from 'fast-check';
import t from 'tap';
import type { Pod } from '../../../src/api/index.ts';
import { createWorkloadControllers } from '../../../src/controllers/index.ts';
import { createBench, type Bench } from '../harness.ts';

interface Bounds {
  readonly replicas: number;
  readonly surge: number;
  readonly unavailable: number;
}

/** What happens while a Deployment rolls. */
type Step =
  | { readonly kind: 'image'; readonly image: string }
  /** Pods become ready, those whose number is divisible. */
  | { readonly kind: 'run'; readonly divisor: number }
  | { readonly kind: 'reap' };

const STEP: Arbitrary<Step> = oneof(
  record({
    kind: constant('image' as const),
    image: constantFrom('v1', 'v2', 'v3', 'bad', 'worse'),
  }),
  record({ kind: constant('run' as const), divisor: integer({ min: 1, max: 4 }) }),
  record({ kind: constant('reap' as const) }),
);

const BOUNDS: Arbitrary<Bounds> = record({
  replicas: integer({ min: 1, max: 9 }),
  surge: integer({ min: 0, max: 4 }),
  unavailable: integer({ min: 0, max: 4 }),
}).filter(({ surge, unavailable }) => surge + unavailable > 0);

const deployment = (image: string, { replicas, surge, unavailable }: Bounds): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image }] },
    },
    strategy: { rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
  },
});

const isLive = ({ metadata }: Pod): boolean => metadata.deletionTimestamp === undefined;

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

/** Pods of these images never become ready. */
const isBroken = ({ spec }: Pod): boolean =>
  ['bad', 'worse'].includes(spec?.containers[0]?.image ?? '');

async function take(on: Bench, step: Step, bounds: Bounds): Promise<void> {
  let number = 0;
  switch (step.kind) {
    case 'image':
      return on.apply(deployment(step.image, bounds));
    case 'run':
      await on.runPods((pod) => {
        number += 1;
        return !isBroken(pod) && number % step.divisor === 0;
      });
      return;
    case 'reap':
      return on.reapPods();
    default:
      step satisfies never;
  }
}

/** What is wrong at this moment, if anything. */
function problem(on: Bench, { replicas, surge, unavailable }: Bounds): string | undefined {
  const live = on.list('Pod').filter(isLive);
  const ready = live.filter(isReady).length;
  if (live.length > replicas + surge) return `${live.length} live Pods`;
  if (ready < replicas - unavailable) return `${ready} ready Pods`;
  return undefined;
}

t.test('createDeploymentController() keeps its bounds whatever happens to a rollout', async (t) => {
  const property = asyncProperty(BOUNDS, array(STEP, { maxLength: 25 }), async (bounds, steps) => {
    await using on = createBench({ controllers: createWorkloadControllers() });
    await on.apply(deployment('v0', bounds));
    await on.converge();
    for (const step of steps) {
      await take(on, step, bounds);
      const found = problem(on, bounds);
      if (found !== undefined) throw new Error(`after ${JSON.stringify(step)}: ${found}`);
    }
    await on.apply(deployment('last', bounds));
    await on.converge();
    const images = on.list('Pod').map(({ spec }) => spec?.containers[0]?.image);
    if (images.length !== bounds.replicas || images.some((image) => image !== 'last'))
      throw new Error(`ended with ${images.join()}`);
    const complete = on
      .get('Deployment', 'web')
      .status?.conditions?.find(({ type }) => type === 'Progressing');
    if (complete?.reason !== 'NewReplicaSetAvailable') throw new Error('it is not complete');
  });
  await assert(property, { numRuns: 100 });
  t.pass('100 rollouts');
});
