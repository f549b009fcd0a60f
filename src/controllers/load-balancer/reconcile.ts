import type { Service } from '../../api/index.ts';
import { IpamError } from '../../ipam/index.ts';
import { parseCidr } from '../../net/index.ts';
import { keyOf, splitKey, updateStatus, watchKind } from '../change.ts';
import type { Change, Controller, EventNote, Snapshot } from '../controller.ts';
import { refOf } from '../owner.ts';
import { AddressPool } from './address-pool.ts';

/** The class of Services that want these load balancers and no others. */
export const LOAD_BALANCER_CLASS = 'podlane.dev/loopback';

export interface LoadBalancerOptions {
  /** Where addresses come from; each is listened on as it stands. @default '127.1.0.0/24' */
  readonly cidr?: string;
  /** Makes the choice of addresses repeatable. @default 0 */
  readonly seed?: number;
}

/**
 * Gives Services of type LoadBalancer an address, as a cloud provider does.
 *
 * `spec.loadBalancerIP` is honoured where the pool has it. Otherwise a hash of seed and name says where the search for a
 * free address begins, so that a Service has the same one in every run. Services of another class are left alone.
 *
 * @throws IpamError `ERR_IPAM_CONFIG`
 */
export function createLoadBalancerController({
  cidr: text = '127.1.0.0/24',
  seed = 0,
}: LoadBalancerOptions = {}): Controller {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new IpamError('ERR_IPAM_CONFIG', `invalid CIDR address: ${text}`);
  const balancer = new LoadBalancer(new AddressPool(cidr, seed));
  return {
    name: 'service-lb-controller',
    eventSource: 'service-controller',
    watches: [
      watchKind('Service', (service) =>
        service.spec?.type === 'LoadBalancer' ? [keyOf(service), ...balancer.waiting] : [],
      ),
    ],
    reconcile: (key, snapshot) => balancer.reconcile(key, snapshot),
  };
}

class LoadBalancer {
  /** Services that want an address and have none, or another than they asked for. */
  readonly waiting = new Set<string>();
  readonly #pool: AddressPool;
  #hasStarted = false;

  constructor(pool: AddressPool) {
    this.#pool = pool;
  }

  reconcile(key: string, snapshot: Snapshot): readonly Change[] {
    this.#start(snapshot);
    const service = snapshot.get('Service', ...splitKey(key));
    if (service === undefined || !isOurs(service)) {
      this.waiting.delete(key);
      this.#pool.release(key);
      return [];
    }
    const hadRefusal = this.waiting.delete(key);
    const requested = this.#pool.find(service.spec?.loadBalancerIP);
    if (requested !== undefined && !this.#pool.take(key, requested))
      return this.#refuse(service, hadRefusal, {
        reason: 'SyncLoadBalancerFailed',
        because: `loadBalancerIP ${requested.text} belongs to service ${this.#pool.ownerOf(requested) ?? ''}`,
      });
    const ip = this.#pool.heldBy(key) ?? this.#pool.takeNext(key);
    if (ip === undefined)
      return this.#refuse(service, hadRefusal, {
        reason: 'SyncLoadBalancerFailed',
        because: `no address is left in ${this.#pool.cidr.text}`,
      });
    return this.#publish(service, ip.text);
  }

  /** Services that came with an address from the pool keep it. */
  #start(snapshot: Snapshot): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    for (const service of snapshot.list('Service')) {
      const ip = this.#pool.find(service.status?.loadBalancer?.ingress?.[0]?.ip);
      if (isOurs(service) && ip !== undefined) this.#pool.take(keyOf(service), ip);
    }
  }

  #publish(service: Service, ip: string): readonly Change[] {
    const { ingress = [] } = service.status?.loadBalancer ?? {};
    const [present] = ingress;
    if (ingress.length === 1 && present?.ip === ip) return [];
    const wanted = service.spec?.loadBalancerIP;
    const isIgnored = wanted !== undefined && wanted !== '' && wanted !== ip;
    const loadBalancer = { ingress: [{ ip, ipMode: 'VIP' }] };
    return [
      updateStatus({ ...service, status: { ...service.status, loadBalancer } }),
      event(service, 'Normal', ['EnsuredLoadBalancer', 'Ensured load balancer']),
      ...(isIgnored
        ? [
            event(service, 'Warning', [
              'LoadBalancerIPIgnored',
              `loadBalancerIP ${wanted} is not in ${this.#pool.cidr.text}; using ${ip}`,
            ]),
          ]
        : []),
    ];
  }

  #refuse(
    service: Service,
    hadRefusal: boolean,
    { reason, because }: { readonly reason: string; readonly because: string },
  ): readonly Change[] {
    this.waiting.add(keyOf(service));
    const message = `Error syncing load balancer: failed to ensure load balancer: ${because}`;
    return hadRefusal ? [] : [event(service, 'Warning', [reason, message])];
  }
}

function isOurs({ metadata, spec }: Service): boolean {
  const { loadBalancerClass = LOAD_BALANCER_CLASS } = spec ?? {};
  return (
    spec?.type === 'LoadBalancer' &&
    loadBalancerClass === LOAD_BALANCER_CLASS &&
    metadata.deletionTimestamp === undefined
  );
}

function event(
  service: Service,
  type: EventNote['type'],
  [reason, message]: readonly [reason: string, message: string],
): Change {
  return { kind: 'event', event: { about: refOf(service), type, reason, message } };
}
