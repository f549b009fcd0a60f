import type { KubeObject, Node } from '../../api/index.ts';
import { watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

const KIND = 'Lease.coordination.k8s.io';
const NAMESPACE = 'kube-node-lease';
const DURATION_SECONDS = 40;
/** A kubelet renews every 10 seconds in case one renewal is lost; here none is, so that it is done just in time. */
const RENEW_MS = 30_000;
/**
 * Nobody waits for a lease: a new Node gets its own once what a start is for is done, so that it takes neither time nor
 * a place in the order of free choices, which a seed repeats.
 */
const FIRST_MS = 5_000;

/** A Lease: who holds it and since when it was not renewed. */
type Lease = KubeObject & { readonly spec?: { readonly renewTime?: string } };

/** Stands in for the kubelets: holds a Lease for every Node that is ready, the sign by which others know that it lives. */
export function createNodeLeaseController(): Controller {
  return {
    name: 'node-lease-controller',
    watches: [watchKind('Node', ({ metadata }) => [metadata.name])],
    reconcile: reconcileLease,
  };
}

function reconcileLease(name: string, snapshot: Snapshot): readonly Change[] {
  const node = snapshot.get('Node', undefined, name);
  if (node === undefined || node.metadata.deletionTimestamp !== undefined || !isReady(node))
    return [];
  if (snapshot.get('Namespace', undefined, NAMESPACE) === undefined) return [];
  const lease: Lease | undefined = snapshot.get<string>(KIND, NAMESPACE, name);
  const { now } = snapshot;
  const afterMs = dueAt(node, lease) - now;
  if (afterMs > 0) return [{ kind: 'requeue', afterMs }];
  const renewTime = new Date(now).toISOString().replace('Z', '000Z');
  const write: Change =
    lease === undefined
      ? { kind: 'create', object: newLease(node, renewTime) }
      : { kind: 'update', object: { ...lease, spec: { ...lease.spec, renewTime } } };
  return [write, { kind: 'requeue', afterMs: RENEW_MS }];
}

function dueAt({ metadata }: Node, lease: Lease | undefined): number {
  const [since, pauseMs] =
    lease === undefined
      ? [metadata.creationTimestamp, FIRST_MS]
      : [lease.spec?.renewTime, RENEW_MS];
  const at = Date.parse(since ?? '');
  return Number.isNaN(at) ? 0 : at + pauseMs;
}

/** A Node that somebody said is not ready has no kubelet that would renew anything. */
function isReady({ status }: Node): boolean {
  return (
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true
  );
}

function newLease({ apiVersion, kind, metadata }: Node, renewTime: string): KubeObject {
  const { name, uid = '' } = metadata;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: NAMESPACE,
      ownerReferences: [{ apiVersion, kind, name, uid }],
    },
    spec: { holderIdentity: name, leaseDurationSeconds: DURATION_SECONDS, renewTime },
  };
}
