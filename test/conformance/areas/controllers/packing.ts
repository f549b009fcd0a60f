import type { Outcome, Row } from './expectation.ts';
import type { Field } from './plant.ts';
import { DEFAULT_NODES, WEB } from './plant.ts';
import { MANAGER, plantSlice, slicesOf, touched } from './slices.ts';

interface PackingInput {
  /** Endpoints of each slice that is there before. */
  readonly existing: readonly number[];
  readonly newEndpoints: number;
  /** By the index of the slice, how many of its Pods are gone. */
  readonly removedPerSlice: Readonly<Record<string, number>>;
  /** Slices of which a Pod is no longer ready. */
  readonly changedSlices: readonly number[];
  readonly max: number;
}

/** Kind `packing`: how many endpoints each slice has in the end, and how many slices were written for that. */
export async function packing({ input }: Row, field: Field): Promise<Outcome> {
  const { existing, newEndpoints, removedPerSlice, changedSlices, max } =
    input as unknown as PackingInput;
  for (const node of DEFAULT_NODES) field.node(node);
  const service = field.service(WEB);
  let pods = 0;
  const addPod = (
    isReady: boolean,
  ): { readonly name: string; readonly uid: string; readonly ip: string } => {
    pods += 1;
    const name = `p${String(pods).padStart(5, '0')}`;
    const ip = `10.244.${pods >> 8}.${pods & 255}`;
    const { uid = '' } = field.pod({ name, podIPs: [ip], ready: isReady }).metadata;
    return { name, uid, ip };
  };
  for (const [index, size] of existing.entries()) {
    const removed = removedPerSlice[index] ?? 0;
    const isChanged = changedSlices.includes(index);
    const endpoints = Array.from({ length: size }, (_, place) => {
      const isGone = place < removed;
      const pod = isGone
        ? {
            name: `gone-${index}-${place}`,
            uid: `gone-${index}-${place}`,
            ip: `10.245.${index}.${place}`,
          }
        : addPod(!(isChanged && place === size - 1));
      return endpointOf(pod);
    });
    plantSlice(field, {
      metadata: {
        namespace: 'ns1',
        name: `web-${index}`,
        labels: {
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': MANAGER,
        },
        ownerReferences: [
          {
            apiVersion: 'v1',
            kind: 'Service',
            name: 'web',
            uid: service.metadata.uid,
            controller: true,
          },
        ],
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints,
    });
  }
  for (let index = 0; index < newEndpoints; index += 1) addPod(true);
  await field.start(max);
  const updated = touched(field, 'MODIFIED').length;
  const deleted = touched(field, 'DELETED').length;
  return {
    final: slicesOf(field, MANAGER).map(({ endpoints = [] }) => endpoints.length),
    slicesUpdated: updated,
    slicesCreated: touched(field, 'ADDED').length,
    slicesDeleted: deleted,
    slicesUntouched: existing.length - updated - deleted,
  };
}

function endpointOf({
  name,
  uid,
  ip,
}: {
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
}): object {
  return {
    addresses: [ip],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: 'n1',
    zone: 'za',
    targetRef: { kind: 'Pod', namespace: 'ns1', name, uid },
  };
}
