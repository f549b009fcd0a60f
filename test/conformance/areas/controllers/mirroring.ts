import type { EndpointSlice } from '../../../../src/api/index.ts';
import { inOrderOf, isRecord, pick, sorted, type Outcome, type Row } from './expectation.ts';
import type { Field } from './plant.ts';
import { DEFAULT_NODES, type ServiceRow } from './plant.ts';
import { MIRROR, slicesOf } from './slices.ts';

interface EndpointsRow {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subsets: readonly SubsetRow[];
}

interface SubsetRow {
  readonly addresses?: readonly string[];
  readonly notReadyAddresses?: readonly string[];
  readonly ports?: readonly object[];
}

const SAMPLE: EndpointsRow = {
  subsets: [{ addresses: ['192.0.2.1', '192.0.2.2'], ports: [{ port: 80 }] }],
};

/** Kind `mirroring`: a Service and Endpoints that somebody wrote in, slices out. */
export async function mirroring({ input, expect }: Row, field: Field): Promise<Outcome> {
  for (const node of DEFAULT_NODES) field.node(node);
  const service = input['service'];
  if (typeof service === 'string') field.service(serviceRow(/with (a )?selector/.test(service)));
  else if (isRecord(service)) field.service(service as unknown as ServiceRow);
  plantEndpoints(field, endpointsRow(input));
  await field.start();
  if (typeof service === 'string' && /deleted Endpoints/.test(service)) {
    const before = slicesOf(field, MIRROR).length;
    field.store.delete({ kind: 'Endpoints', namespace: 'ns1', name: 'ext' });
    await field.settled();
    if (before === 0) return { slices: 'none before the deletion' };
  }
  const slices = slicesOf(field, MIRROR);
  const outcome: Outcome = {};
  for (const [key, wanted] of Object.entries(expect))
    outcome[key] = READERS[key]?.(slices, wanted, field) ?? 'not understood';
  return outcome;
}

const READERS: Readonly<
  Record<string, (slices: readonly EndpointSlice[], wanted: unknown, field: Field) => unknown>
> = {
  slices: (slices, wanted) =>
    typeof wanted === 'number'
      ? slices.length
      : inOrderOf(
          wanted,
          slices.map((slice) => pick(plain(slice), (wanted as readonly unknown[])[0])),
        ),
  ready: (slices) =>
    Object.fromEntries(
      endpointsOf(slices).map(({ addresses, conditions }) => [addresses[0], conditions?.ready]),
    ),
  conditionsAbsent: (slices, wanted) =>
    (wanted as readonly string[]).filter((condition) =>
      endpointsOf(slices).every(({ conditions = {} }) => !(condition in conditions)),
    ),
  slicesByType: (slices) => {
    const counts: Record<string, number> = {};
    for (const { addressType } of slices) counts[addressType] = (counts[addressType] ?? 0) + 1;
    return counts;
  },
  mirrored: (slices) => endpointsOf(slices).length,
  event: (_slices, _wanted, field) => field.events()[0]?.reason,
  addresses: (slices) => sorted(endpointsOf(slices).flatMap(({ addresses }) => addresses)),
  labels: (slices, wanted) => pick(slices[0]?.metadata.labels ?? {}, wanted),
  annotations: (slices) => slices[0]?.metadata.annotations,
};

function endpointsOf(
  slices: readonly EndpointSlice[],
): readonly NonNullable<EndpointSlice['endpoints']>[number][] {
  return slices.flatMap(({ endpoints = [] }) => endpoints);
}

function plain(slice: EndpointSlice): object {
  const { addressType, endpoints = [], ports = [], metadata } = slice;
  const owner = metadata.ownerReferences?.[0];
  return {
    addressType,
    addresses: sorted(endpoints.flatMap(({ addresses }) => addresses)),
    ready: endpoints.every(({ conditions }) => conditions?.ready === true),
    // The tables leave a port's protocol out.
    ports: ports.map(({ protocol: _protocol, ...port }) => port),
    labels: metadata.labels,
    owner: `${owner?.kind} ${metadata.namespace}/${owner?.name}`,
  };
}

function serviceRow(hasSelector: boolean): ServiceRow {
  const spec = { clusterIP: '10.96.0.9', ports: [{ port: 80 }] };
  return { name: 'ext', spec: hasSelector ? { ...spec, selector: { app: 'web' } } : spec };
}

function endpointsRow({ endpoints, addressesInSubset }: Row['input']): EndpointsRow {
  if (typeof addressesInSubset !== 'number')
    return (endpoints as EndpointsRow | undefined) ?? SAMPLE;
  const addresses = Array.from(
    { length: addressesInSubset },
    (_, index) => `198.18.${index >> 8}.${index & 255}`,
  );
  return { subsets: [{ addresses, ports: [{ port: 80 }] }] };
}

function plantEndpoints(field: Field, { labels, annotations, subsets }: EndpointsRow): void {
  const toAddress = (ip: string): object => ({ ip });
  field.create({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      namespace: 'ns1',
      name: 'ext',
      ...(labels && { labels }),
      ...(annotations && { annotations }),
    },
    subsets: subsets.map(({ addresses, notReadyAddresses, ports }) => ({
      ...(addresses && { addresses: addresses.map(toAddress) }),
      ...(notReadyAddresses && { notReadyAddresses: notReadyAddresses.map(toAddress) }),
      ...(ports && { ports }),
    })),
  });
}
