/** A small cluster, and queries to it, written as `dig` would be. */
import {
  createKindRegistry,
  createStore,
  type KubeObject,
  type Store,
} from '../../src/api/index.ts';
import {
  composeChain,
  createKubernetes,
  createQuery,
  formatRecord,
  rcodeName,
  typeOf,
  type Answer,
  type Kubernetes,
  type KubernetesOptions,
  type Plugin,
  type Resolve,
} from '../../src/dns/index.ts';
import type { Step } from '../../src/observe/index.ts';

export const START: number = Date.UTC(2026, 0, 1);

export function createZoneStore(): Store {
  const store = createStore({
    kinds: createKindRegistry([]),
    now: () => START,
    random: () => 0.5,
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  return store;
}

export function service(name: string, spec: object): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec };
}

/** A ready slice of `service` with these addresses, `NAME=ADDRESS` for one with a hostname. */
export function slice(name: string, addresses: readonly string[], port = 8080): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-1`,
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    endpoints: addresses.map((text) => {
      const [address = '', hostname] = text.split('=').toReversed();
      return {
        addresses: [address],
        conditions: { ready: true },
        ...(hostname === undefined ? {} : { hostname }),
      };
    }),
    ports: [{ name: 'http', port, protocol: 'TCP' }],
  };
}

export interface Zone extends Disposable {
  readonly resolve: Resolve;
  readonly kubernetes: Kubernetes;
}

/** The kubernetes plugin over `store`, with `next` behind it. */
export function createZone(
  store: Store,
  options: KubernetesOptions = {},
  next: readonly Plugin[] = [],
): Zone {
  let chain: Resolve | undefined;
  const resolve: Resolve = (query) => chain?.(query);
  const kubernetes = createKubernetes(
    { ttlSeconds: 30, pods: 'insecure', ...options },
    { store, now: () => START, resolve },
  );
  chain = composeChain([kubernetes.plugin, ...next]);
  return { resolve, kubernetes, [Symbol.dispose]: () => kubernetes[Symbol.dispose]() };
}

/** `RCODE`, then the answers as zone lines. */
export async function ask(
  { resolve }: Pick<Zone, 'resolve'>,
  question: string,
): Promise<readonly string[]> {
  const [name = '', type = 'A'] = question.split(' ');
  return show(await resolve(createQuery(name, typeOf(type) ?? 1)));
}

/** The steps of a question, as `outcome what`. */
export async function explain({ resolve }: Zone, question: string): Promise<readonly string[]> {
  const [name = '', type = 'A'] = question.split(' ');
  const steps: Step[] = [];
  await resolve(createQuery(name, typeOf(type) ?? 1, { explain: (step) => void steps.push(step) }));
  return steps.map(({ outcome, what }) => `${outcome} ${what}`);
}

export function show(answer: Answer | undefined): readonly string[] {
  if (answer === undefined) return ['silence'];
  return [
    rcodeName(answer.rcode),
    ...answer.answers.map((record) => formatRecord(record).replace(' IN ', ' ')),
  ];
}
