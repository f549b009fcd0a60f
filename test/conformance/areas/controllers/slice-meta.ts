import type { EndpointSlice, KubeObject } from '../../../../src/api/index.ts';
import { inOrderOf, pick, sorted, type Outcome, type Row } from './expectation.ts';
import { plantNodes } from './pods-to-slices.ts';
import type { Field } from './plant.ts';
import { WEB, type PodRow, type ServiceRow } from './plant.ts';
import { MANAGER, plantSlice, slicesOf, touched } from './slices.ts';

/** A slice that was there before. */
interface ExistingRow {
  readonly name?: string;
  readonly addressType?: string;
  readonly ownerUID?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly object[];
  /** Endpoints, or how many. */
  readonly endpoints?: number | readonly object[];
  readonly addresses?: readonly string[];
}

/** Kind `sliceMeta`: labels, owners, names and ports of slices. */
export async function sliceMeta({ input, expect }: Row, field: Field): Promise<Outcome> {
  plantNodes(field, input['nodes']);
  const service = field.service((input['service'] as ServiceRow | undefined) ?? WEB);
  for (const pod of (input['pods'] ?? []) as readonly PodRow[]) field.pod(pod);
  for (const [index, row] of ((input['existing'] ?? []) as readonly ExistingRow[]).entries())
    plantExisting(field, service, { name: `web-old-${index}`, ...row });
  await field.start();
  const slices = slicesOf(field, MANAGER);
  const outcome: Outcome = {};
  for (const [key, wanted] of Object.entries(expect))
    outcome[key] = READERS[key]?.({ field, slices, wanted }) ?? 'not understood';
  return outcome;
}

/** Kind `sliceMeta`: what is expected, without what only explains it. */
export function expectedMeta({ expect }: Row): Outcome {
  const { steps: _, ...read } = expect;
  return Array.isArray(read['slices']) ? { ...read, slices: sorted(read['slices']) } : read;
}

interface Reading {
  readonly field: Field;
  readonly slices: readonly EndpointSlice[];
  readonly wanted: unknown;
}

/** How each thing that a row may expect is read off. */
const READERS: Readonly<Record<string, (reading: Reading) => unknown>> = {
  generateName: ({ slices }) => slices[0]?.metadata.generateName,
  ownerReferences: ({ slices, wanted }) =>
    slices[0]?.metadata.ownerReferences?.map((owner, index) =>
      pick(owner, (wanted as readonly unknown[])[index]),
    ),
  labels: ({ slices, wanted }) => pick(slices[0]?.metadata.labels ?? {}, wanted),
  labelsAbsent: ({ slices, wanted }) =>
    (wanted as readonly string[]).filter(
      (label) => slices[0]?.metadata.labels?.[label] === undefined,
    ),
  annotationKeys: ({ slices, wanted }) =>
    (wanted as readonly string[]).filter(
      (key) => slices[0]?.metadata.annotations?.[key] !== undefined,
    ),
  steps: () => undefined,
  ports: ({ slices, wanted }) => inOrderOf(wanted, slices[0]?.ports),
  endpoints: ({ slices }) => slices.flatMap(({ endpoints = [] }) => endpoints).length,
  slices: ({ slices, wanted }) => {
    const [sample] = wanted as readonly unknown[];
    const plain = slices.map((slice) => {
      const addresses = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
      return pick({ ...slice, addresses }, sample);
    });
    return sorted(plain);
  },
  updated: ({ field, wanted }) => countOrNames(touched(field, 'MODIFIED'), wanted),
  created: ({ field, wanted }) => countOrNames(touched(field, 'ADDED'), wanted),
  deleted: ({ field, wanted }) => countOrNames(touched(field, 'DELETED'), wanted),
};

function countOrNames(names: readonly string[], wanted: unknown): unknown {
  return typeof wanted === 'number' ? names.length : names;
}

function plantExisting(field: Field, service: KubeObject, row: ExistingRow): void {
  const { namespace, name, uid } = service.metadata;
  const { addresses = [], endpoints: given = addresses.length } = row;
  const count = typeof given === 'number' ? given : given.length;
  const endpoints = Array.from({ length: count }, (_, index) => {
    const address = addresses[index] ?? `10.244.9.${index + 1}`;
    const existing = field.store.list('Pod').find(({ status }) => status?.podIP === address);
    const pod = existing ?? field.pod({ name: `${row.name}-${index}`, podIPs: [address] });
    return {
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'n1',
      zone: 'za',
      targetRef: { kind: 'Pod', namespace, name: pod.metadata.name, uid: pod.metadata.uid },
    };
  });
  plantSlice(field, {
    metadata: {
      namespace,
      name: row.name,
      labels: {
        ...row.labels,
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': MANAGER,
      },
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          name,
          uid: row.ownerUID ?? uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType: row.addressType ?? 'IPv4',
    ports: row.ports ?? [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
  });
}
