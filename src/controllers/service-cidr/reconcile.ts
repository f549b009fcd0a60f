import { formatTime, type Condition, type ServiceCIDR } from '../../api/index.ts';
import { cidrContains, parseCidr, parseIp, type Cidr, type Ip } from '../../net/index.ts';
import { update, updateStatus, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';
import { SERVICE_CIDR_FINALIZER } from './default-service-cidr.ts';

/**
 * Says of ServiceCIDRs that they are ready, and holds those that are being deleted until no address is left that only
 * they have.
 *
 * @see kubernetes pkg/controller/servicecidrs
 */
export function createServiceCidrController(): Controller {
  return {
    name: 'service-cidr-controller',
    watches: [
      watchKind('ServiceCIDR', (_, reader) =>
        reader.list('ServiceCIDR').map(({ metadata }) => metadata.name),
      ),
      watchKind('IPAddress', (_, reader) =>
        reader
          .list('ServiceCIDR')
          .filter(isBeingDeleted)
          .map(({ metadata }) => metadata.name),
      ),
    ],
    reconcile: reconcileServiceCidr,
  };
}

function reconcileServiceCidr(name: string, snapshot: Snapshot): readonly Change[] {
  const range = snapshot.get('ServiceCIDR', undefined, name);
  if (range === undefined) return [];
  if (isBeingDeleted(range)) return finish(range, snapshot);
  const { finalizers = [] } = range.metadata;
  const hasFinalizer = finalizers.includes(SERVICE_CIDR_FINALIZER);
  const isJudged = range.status?.conditions?.some(({ type }) => type === 'Ready') === true;
  const { resourceVersion: _, ...metadata } = range.metadata;
  return [
    ...(hasFinalizer
      ? []
      : [
          update({
            ...range,
            metadata: { ...range.metadata, finalizers: [...finalizers, SERVICE_CIDR_FINALIZER] },
          }),
        ]),
    ...(isJudged
      ? []
      : [
          updateStatus(
            withReady({ ...range, metadata }, snapshot.now, {
              status: 'True',
              reason: '',
              message: 'Kubernetes Service CIDR is ready',
            }),
          ),
        ]),
  ];
}

function finish(range: ServiceCIDR, snapshot: Snapshot): readonly Change[] {
  const { finalizers = [] } = range.metadata;
  if (!finalizers.includes(SERVICE_CIDR_FINALIZER)) return [];
  if (!isHeld(range, snapshot)) {
    const others = finalizers.filter((name) => name !== SERVICE_CIDR_FINALIZER);
    return [update({ ...range, metadata: { ...range.metadata, finalizers: others } })];
  }
  const ready = range.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.reason === 'Terminating') return [];
  return [
    updateStatus(
      withReady(range, snapshot.now, {
        status: 'False',
        reason: 'Terminating',
        message:
          'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
      }),
    ),
  ];
}

/** Whether an address is in use that lies in this range and in no other that stays. */
function isHeld(range: ServiceCIDR, snapshot: Snapshot): boolean {
  const own = cidrsOf(range);
  const others = snapshot
    .list('ServiceCIDR')
    .filter((other) => !isBeingDeleted(other))
    .flatMap(cidrsOf);
  const isIn = (cidrs: readonly Cidr[], ip: Ip): boolean =>
    cidrs.some((cidr) => cidrContains(cidr, ip));
  return snapshot.list('IPAddress').some(({ metadata }) => {
    const ip = parseIp(metadata.name);
    return ip !== undefined && isIn(own, ip) && !isIn(others, ip);
  });
}

function withReady(
  range: ServiceCIDR,
  now: number,
  { status, reason, message }: Pick<Condition, 'status' | 'reason' | 'message'>,
): ServiceCIDR {
  const others = (range.status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  const ready = { type: 'Ready', status, reason, message, lastTransitionTime: formatTime(now) };
  return { ...range, status: { ...range.status, conditions: [...others, ready] } };
}

function cidrsOf({ spec }: ServiceCIDR): readonly Cidr[] {
  return (spec?.cidrs ?? []).map(parseCidr).filter((cidr): cidr is Cidr => cidr !== undefined);
}

function isBeingDeleted({ metadata }: ServiceCIDR): boolean {
  return metadata.deletionTimestamp !== undefined;
}
