import {
  deepEqual,
  type Endpoint,
  type EndpointAddress,
  type Endpoints,
  type EndpointSlice,
} from '../../api/index.ts';
import { parseIp, type IpFamily } from '../../net/index.ts';
import { warning } from '../announce.ts';
import { remove, splitKey } from '../change.ts';
import type { Change, Snapshot } from '../controller.ts';
import { defined } from '../defined.ts';
import { MANAGED_BY, SERVICE_NAME } from '../endpoint-slice/slice-of-service.ts';
import { ownerReferenceTo } from '../owner.ts';
import { repackSubsets } from '../repack-subsets.ts';
import {
  endpointKey,
  portsKey,
  recycleSlices,
  saysTheSame,
  sliceWrites,
  sortPorts,
  TRIGGER_TIME,
} from '../slice-changes.ts';

/** The mirroring controller, as slices name it. */
export const MIRROR_MANAGER = 'endpointslicemirroring-controller.k8s.io';

const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const NOT_COPIED: ReadonlySet<string> = new Set([
  TRIGGER_TIME,
  'kubectl.kubernetes.io/last-applied-configuration',
]);
/** How many addresses of one subset are mirrored. */
const MAX_PER_SUBSET = 1000;

/**
 * Mirrors the Endpoints that somebody wrote for a Service without selector into slices, which is what proxies read.
 *
 * @param key The Endpoints object and the Service.
 * @see kubernetes pkg/controller/endpointslicemirroring
 */
export function reconcileMirror(key: string, snapshot: Snapshot): readonly Change[] {
  const [namespace, name] = splitKey(key);
  const matchLabels = { [SERVICE_NAME]: name, [MANAGED_BY]: MIRROR_MANAGER };
  const existing = snapshot
    .list('EndpointSlice', { namespace, matchLabels })
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const endpoints = snapshot.get('Endpoints', namespace, name);
  const service = snapshot.get('Service', namespace, name);
  const isMirrored =
    service !== undefined && Object.keys(service.spec?.selector ?? {}).length === 0;
  if (endpoints === undefined || !isMirrored || isExempt(endpoints))
    return existing.map((slice) => remove(slice));
  return mirror(endpoints, existing);
}

function isExempt({ metadata }: Endpoints): boolean {
  return isTrue(metadata.labels?.[SKIP]) || metadata.annotations?.[LEADER] !== undefined;
}

/** As Go's `strconv.ParseBool` reads it. */
function isTrue(text: string | undefined): boolean {
  return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text ?? '');
}

function mirror(endpoints: Endpoints, existing: readonly EndpointSlice[]): readonly Change[] {
  const { slices, invalid, skipped } = wantedSlices(endpoints);
  const toCreate: EndpointSlice[] = [];
  const toUpdate: EndpointSlice[] = [];
  const spare = new Set(existing);
  for (const wanted of slices) {
    const present = [...spare].find((slice) => shapeKey(slice) === shapeKey(wanted));
    if (present === undefined) toCreate.push(wanted);
    else {
      spare.delete(present);
      if (!isMirrorOf(present, wanted))
        toUpdate.push({ ...wanted, metadata: { ...present.metadata, ...contentsOf(wanted) } });
    }
  }
  const changes = recycleSlices({ toCreate, toUpdate, toDelete: [...spare] }, () => true);
  return [...complaints(endpoints, invalid, skipped), ...sliceWrites(changes)];
}

interface Wanted {
  readonly slices: readonly EndpointSlice[];
  readonly invalid: number;
  readonly skipped: number;
}

/** A slice for each list of ports and family of the Endpoints' subsets. */
function wantedSlices(endpoints: Endpoints): Wanted {
  const slices = new Map<string, EndpointSlice>();
  let invalid = 0;
  let skipped = 0;
  for (const { ports = [], addresses = [], notReadyAddresses = [] } of repackSubsets(
    endpoints.subsets ?? [],
  )) {
    const members = [
      ...addresses.map((address) => ({ address, isReady: true })),
      ...notReadyAddresses.map((address) => ({ address, isReady: false })),
    ];
    skipped += Math.max(0, members.length - MAX_PER_SUBSET);
    for (const { address, isReady } of members.slice(0, MAX_PER_SUBSET)) {
      const family = parseIp(address.ip)?.family;
      if (family === undefined) {
        invalid += 1;
        continue;
      }
      const empty = sliceOf(endpoints, family, ports);
      const slice = slices.get(shapeKey(empty)) ?? empty;
      const endpoint = endpointOf(address, isReady);
      slices.set(shapeKey(empty), {
        ...slice,
        endpoints: [...(slice.endpoints ?? []), endpoint],
      });
    }
  }
  return { slices: [...slices.values()], invalid, skipped };
}

function sliceOf(
  endpoints: Endpoints,
  addressType: IpFamily,
  ports: NonNullable<EndpointSlice['ports']>,
): EndpointSlice {
  const { namespace, name, labels } = endpoints.metadata;
  const copied = Object.entries(endpoints.metadata.annotations ?? {}).filter(
    ([key]) => !NOT_COPIED.has(key),
  );
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${name}-`,
      ...defined({ namespace }),
      labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: MIRROR_MANAGER },
      ...(copied.length > 0 && { annotations: Object.fromEntries(copied) }),
      ownerReferences: [ownerReferenceTo(endpoints)],
    },
    addressType,
    endpoints: [],
    ports: sortPorts(
      ports.map(({ name: portName = '', protocol = 'TCP', ...rest }) => ({
        name: portName,
        protocol,
        ...rest,
      })),
    ),
  };
}

function endpointOf(
  { ip, hostname, nodeName, targetRef }: EndpointAddress,
  ready: boolean,
): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...defined({ hostname: hostname || undefined, nodeName, targetRef }),
  };
}

function shapeKey({ addressType, ports }: EndpointSlice): string {
  return `${addressType}\n${portsKey(ports)}`;
}

/** Whether a slice says already what the Endpoints do, in whatever order. */
function isMirrorOf(slice: EndpointSlice, wanted: EndpointSlice): boolean {
  if (!deepEqual(contentsOf(slice), contentsOf(wanted))) return false;
  const present = new Map((slice.endpoints ?? []).map((one) => [endpointKey(one), one]));
  const endpoints = wanted.endpoints ?? [];
  return (
    present.size === endpoints.length &&
    endpoints.every((endpoint) => {
      const other = present.get(endpointKey(endpoint));
      return other !== undefined && saysTheSame(endpoint, other);
    })
  );
}

/** What of a slice's metadata follows the Endpoints. */
function contentsOf({ metadata }: EndpointSlice): {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
} {
  return { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} };
}

function complaints(endpoints: Endpoints, invalid: number, skipped: number): readonly Change[] {
  const complain = (reason: string, message: string): Change => ({
    kind: 'event',
    event: warning(endpoints, reason, message),
  });
  return [
    ...(invalid > 0
      ? [
          complain(
            'InvalidIPAddress',
            `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`,
          ),
        ]
      : []),
    ...(skipped > 0
      ? [
          complain(
            'TooManyAddressesToMirror',
            `A max of ${MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`,
          ),
        ]
      : []),
  ];
}
