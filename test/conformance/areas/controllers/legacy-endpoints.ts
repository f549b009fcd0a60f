import type { Endpoints } from '../../../../src/api/index.ts';
import { pick, type Outcome, type Row } from './expectation.ts';
import type { Field } from './plant.ts';
import { DEFAULT_NODES, WEB, type PodRow, type ServiceRow } from './plant.ts';

/** Kind `legacyEndpoints`: Pods in, the Endpoints object out. */
export async function legacyEndpoints({ input, expect }: Row, field: Field): Promise<Outcome> {
  for (const node of DEFAULT_NODES) field.node(node);
  field.service(serviceOf(input));
  for (const pod of podsOf(input)) field.pod(pod);
  await field.start();
  if (typeof input['after'] === 'number') {
    const surplus = field.store.list('Pod').slice(input['after']);
    for (const { metadata } of surplus)
      field.store.delete(
        { kind: 'Pod', namespace: 'ns1', name: metadata.name },
        { gracePeriodSeconds: 0 },
      );
    await field.settled();
  }
  const endpoints = field.store.get('Endpoints', 'ns1', 'web');
  const outcome: Outcome = {};
  for (const [key, wanted] of Object.entries(expect))
    outcome[key] = READERS[key]?.(endpoints, wanted) ?? 'not understood';
  return outcome;
}

const READERS: Readonly<
  Record<string, (endpoints: Endpoints | undefined, wanted: unknown) => unknown>
> = {
  subsets: (endpoints, wanted) =>
    endpoints &&
    (endpoints.subsets ?? []).map((subset, index) =>
      pick(plain(subset), (wanted as readonly unknown[])[index]),
    ),
  addresses: (endpoints) => count(endpoints, 'addresses'),
  notReadyAddresses: (endpoints) => count(endpoints, 'notReadyAddresses'),
  addressesPerSubset: (endpoints) =>
    (endpoints?.subsets ?? []).map(({ addresses = [] }) => addresses.length),
  annotation: (endpoints, wanted) => pick(endpoints?.metadata.annotations ?? {}, wanted),
  annotationAbsent: (endpoints, wanted) =>
    endpoints?.metadata.annotations?.[String(wanted)] === undefined ? wanted : 'present',
};

function plain({
  addresses = [],
  notReadyAddresses = [],
  ports = [],
}: NonNullable<Endpoints['subsets']>[number]): object {
  return {
    addresses: addresses.map(({ ip }) => ip),
    notReadyAddresses: notReadyAddresses.map(({ ip }) => ip),
    ports,
  };
}

function count(endpoints: Endpoints | undefined, field: 'addresses' | 'notReadyAddresses'): number {
  return (endpoints?.subsets ?? []).flatMap((subset) => subset[field] ?? []).length;
}

function serviceOf({ service, subsets }: Row['input']): ServiceRow {
  if (typeof service === 'object' && service !== null) return service as ServiceRow;
  const text = typeof service === 'string' ? service : '';
  const [, families] = /ipFamilies \[([^\]]+)\]/.exec(text) ?? [];
  return {
    ...WEB,
    spec: {
      ...WEB.spec,
      ...(/publishNotReadyAddresses/.test(text) && { publishNotReadyAddresses: true }),
      ...(families !== undefined && { ipFamilies: families.split(', '), clusterIP: undefined }),
      ...(subsets !== undefined && { ports: [{ name: 'http', port: 80, targetPort: 'web' }] }),
    },
  };
}

function podsOf({
  pods,
  readyPods = 0,
  unreadyPods = 0,
  before = 0,
  subsets = [],
}: Row['input']): readonly PodRow[] {
  const given = (pods ?? []) as readonly PodRow[];
  let made = 0;
  const make = (length: unknown, row: Partial<PodRow>): readonly PodRow[] =>
    Array.from({ length: Number(length) }, () => {
      made += 1;
      const name = `p${String(made).padStart(5, '0')}`;
      return { name, podIPs: [`10.244.${made >> 8}.${made & 255}`], ...row };
    });
  return [
    ...given,
    ...make(readyPods, { ready: true }),
    ...make(unreadyPods, { ready: false }),
    ...make(before, { ready: true }),
    ...(subsets as readonly number[]).flatMap((size, index) =>
      make(size, { containerPorts: [{ name: 'web', containerPort: 8080 + index }] }),
    ),
  ];
}
