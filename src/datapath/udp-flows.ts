import type { DatagramChannel, Endpoint, IpFamily } from '../net/index.ts';
import type { Frontend, ProxiedService, ServicePort } from '../proxy/index.ts';

/** Where a UDP flow was sent to, and where it went. */
export interface UdpFlowTarget {
  /** As the client addressed it. */
  readonly destination: Endpoint;
  /** `address:port` of who takes it: `ServiceEndpoint.key` where a Service chose. */
  readonly endpoint: string;
}

/** How a Service's entry in the table changed. */
export interface ServiceChange {
  readonly value: ProxiedService | undefined;
  readonly old: ProxiedService | undefined;
}

type Flows = Map<DatagramChannel, UdpFlowTarget>;

/**
 * The UDP flows of the cluster.
 *
 * Once a UDP port's endpoints change and somebody serves it, flows to its addresses that lead to an endpoint that serves
 * no more are ended, so that their next datagram is sent elsewhere. Flows to its node port are known by the number alone,
 * whatever address they were sent to. Until then, and when the Service itself is gone, flows stay as they are.
 *
 * @see kube-proxy 1.36, conntrack/cleanup.go
 */
export class UdpFlows {
  readonly #byPort = new Map<number, Flows>();
  readonly #ended = { IPv4: 0, IPv6: 0 };
  /** Services whose flows were not looked at when they came, by `namespace/name`. */
  readonly #late = new Map<string, ProxiedService>();

  /** How many flows changes of endpoints have ended, by the family of their destinations. */
  get ended(): Readonly<Record<IpFamily, number>> {
    return this.#ended;
  }

  /** Keeps `channel` for as long as it is open. */
  track(channel: DatagramChannel, target: UdpFlowTarget): DatagramChannel {
    const { port } = target.destination;
    const flows = this.#byPort.get(port) ?? new Map<DatagramChannel, UdpFlowTarget>();
    this.#byPort.set(port, flows);
    flows.set(channel, target);
    channel.onClose(() => {
      flows.delete(channel);
      if (flows.size === 0 && this.#byPort.get(port) === flows) this.#byPort.delete(port);
    });
    return channel;
  }

  /** Ends the flows that a change of a Service's endpoints has left behind. */
  serviceChanged({ value, old }: ServiceChange): void {
    this.#remember({ value, old });
    if (this.#byPort.size === 0 || value === undefined || old === undefined) return;
    const changed = new Set(
      value.ports.filter((port) => port.protocol === 'UDP' && hasNewEndpoints(port, old)),
    );
    if (changed.size === 0) return;
    for (const frontend of value.frontends) if (changed.has(frontend.port)) this.#clean(frontend);
    for (const { frontends } of this.#late.values())
      for (const frontend of frontends) if (frontend.port.protocol === 'UDP') this.#clean(frontend);
    this.#late.clear();
  }

  /** A Service that comes after its endpoints brings no change of endpoints: it waits for the next one, of whatever Service. */
  #remember({ value, old }: ServiceChange): void {
    const key = keyOf(value ?? old);
    if (value === undefined) this.#late.delete(key);
    else if (this.#late.has(key) || (old === undefined && this.#byPort.size > 0))
      this.#late.set(key, value);
  }

  #clean({ via, address, number, port }: Frontend): void {
    const flows = this.#byPort.get(number);
    if (flows === undefined) return;
    const serving = new Set(
      endpointsOf(port).flatMap(({ isServing, key }) => (isServing ? [key] : [])),
    );
    if (serving.size === 0) return;
    for (const [channel, { destination, endpoint }] of flows) {
      const isIts = via === 'nodePort' || destination.address === address;
      if (!isIts || serving.has(endpoint)) continue;
      this.#ended[destination.address.includes(':') ? 'IPv6' : 'IPv4'] += 1;
      channel.close();
    }
  }
}

function keyOf(service: ProxiedService | undefined): string {
  return service === undefined ? '' : `${service.namespace}/${service.name}`;
}

function endpointsOf({ endpoints: { IPv4, IPv6 } }: ServicePort): ServicePort['endpoints']['IPv4'] {
  return IPv6.length === 0 ? IPv4 : [...IPv4, ...IPv6];
}

/** Whether other endpoints serve than before. */
function hasNewEndpoints(port: ServicePort, old: ProxiedService): boolean {
  const before = old.ports.find(({ id }) => id === port.id);
  if (before === undefined) return false;
  const servingKeys = (of: ServicePort): string =>
    endpointsOf(of)
      .flatMap(({ isServing, key }) => (isServing ? [key] : []))
      .join(' ');
  return servingKeys(before) !== servingKeys(port);
}
