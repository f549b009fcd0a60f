import {
  deepEqual,
  type Ingress,
  type IngressLoadBalancerIngress,
  type KubeObject,
  type StoreReader,
} from '../../api/index.ts';
import { parseIp } from '../../net/index.ts';
import { keyOf, splitKey, updateStatus, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

export interface IngressStatusOptions {
  /** Where the ingress listens: addresses or host names. @default ['127.0.0.1'] */
  readonly addresses?: readonly string[];
  /** Whether the ingress serves an Ingress; the ingress itself knows. */
  readonly isOurs: (ingress: Ingress, reader: StoreReader) => boolean;
  /** Where an Ingress is told to be served, if elsewhere than at `addresses`. */
  readonly addressesOf?: (ingress: Ingress, reader: StoreReader) => readonly string[] | undefined;
  /** Whether an object is one that `addressesOf` and `problemsOf` hang on, for every Ingress. */
  readonly isConcern?: (object: KubeObject, reader: StoreReader) => boolean;
  /** What is wrong with the annotations of an Ingress; undefined where its controller records no Events. */
  readonly problemsOf?: (ingress: Ingress, reader: StoreReader) => readonly string[] | undefined;
}

/** Kinds of objects that say how the ingress behaves. */
const CONCERNS = ['ConfigMap', 'Deployment', 'DaemonSet', 'Service'] as const;

/** Writes into every Ingress that is served where it is served, and takes that out of those that are no longer. */
export function createIngressStatusController(options: IngressStatusOptions): Controller {
  const { isConcern } = options;
  /** What the last Events of each Ingress were about. */
  const announced = new Map<string, string>();
  const written: Written = new Map();
  return {
    name: 'ingress-status-controller',
    eventSource: 'nginx-ingress-controller',
    watches: [
      watchKind('Ingress', (ingress) => [keyOf(ingress)]),
      watchKind('IngressClass', (_, reader) => reader.list('Ingress').map(keyOf)),
      ...(isConcern === undefined
        ? []
        : CONCERNS.map((kind) => ({
            kind,
            keys: (object: KubeObject, reader: StoreReader) =>
              isConcern(object, reader) ? reader.list('Ingress').map(keyOf) : [],
          }))),
    ],
    reconcile: (key, snapshot) => {
      const ingress = snapshot.get('Ingress', ...splitKey(key));
      if (ingress === undefined) {
        announced.delete(key);
        written.delete(key);
        return [];
      }
      return [
        ...reconcileStatus(ingress, snapshot, { ...options, written }),
        ...eventsOf(ingress, { snapshot, options, announced }),
      ];
    },
  };
}

/** What the status of each Ingress was made to say. */
type Written = Map<string, readonly IngressLoadBalancerIngress[]>;

function reconcileStatus(
  ingress: Ingress,
  snapshot: Snapshot,
  options: IngressStatusOptions & { readonly written: Written },
): readonly Change[] {
  const { addresses = ['127.0.0.1'], isOurs, addressesOf, written } = options;
  const key = keyOf(ingress);
  const present = ingress.status?.loadBalancer?.ingress ?? [];
  if (isOurs(ingress, snapshot)) {
    const served = (addressesOf?.(ingress, snapshot) ?? addresses).map(placeOf);
    written.set(key, served);
    if (deepEqual(present, served)) return [];
    return [updateStatus({ ...ingress, status: { loadBalancer: { ingress: served } } })];
  }
  // Only what was written here is taken back: another controller's status is its own.
  const own = written.get(key) ?? addresses.map(placeOf);
  if (present.length === 0 || !deepEqual(present, own)) return [];
  return [updateStatus({ ...ingress, status: { loadBalancer: {} } })];
}

function placeOf(address: string): IngressLoadBalancerIngress {
  return parseIp(address) === undefined ? { hostname: address } : { ip: address };
}

interface EventFacts {
  readonly snapshot: Snapshot;
  readonly options: IngressStatusOptions;
  readonly announced: Map<string, string>;
}

/** As ingress-nginx tells: once for each change of what is written in the Ingress. */
function eventsOf(
  ingress: Ingress,
  { snapshot, options, announced }: EventFacts,
): readonly Change[] {
  const problems = options.problemsOf?.(ingress, snapshot);
  if (problems === undefined) return [];
  const key = keyOf(ingress);
  const { uid, annotations } = ingress.metadata;
  const about = JSON.stringify([uid, ingress.spec, annotations, problems]);
  if (announced.get(key) === about) return [];
  announced.set(key, about);
  const { namespace = '', name } = ingress.metadata;
  const ref = { kind: 'Ingress', namespace, name } as const;
  const event = (type: 'Normal' | 'Warning', reason: string, message: string): Change => ({
    kind: 'event',
    event: { about: ref, type, reason, message },
  });
  return [
    event('Normal', 'Sync', 'Scheduled for sync'),
    ...problems.map((problem) =>
      event('Warning', 'AnnotationParsingFailed', `Error parsing annotations: ${problem}`),
    ),
  ];
}
