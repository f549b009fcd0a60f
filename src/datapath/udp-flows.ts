import type { DatagramChannel } from '../net/index.ts';
import type { ServicePort } from '../proxy/index.ts';

/** Which endpoint of which Service port a UDP flow was sent to. */
export interface UdpFlowTarget {
  /** `ServicePort.id` */
  readonly port: string;
  /** `ServiceEndpoint.key` */
  readonly endpoint: string;
}

/**
 * The UDP flows that go through Services.
 *
 * A flow to an endpoint that serves no more is ended, so that its next datagram is sent elsewhere, once some other
 * endpoint serves; until then, and when the Service itself is gone, it stays. @see kube-proxy 1.36, conntrack/cleanup.go
 */
export class UdpFlows {
  readonly #byPort = new Map<string, Map<DatagramChannel, string>>();

  /** Keeps `channel` for as long as it is open. */
  track(channel: DatagramChannel, { port, endpoint }: UdpFlowTarget): DatagramChannel {
    const flows = this.#byPort.get(port) ?? new Map<DatagramChannel, string>();
    this.#byPort.set(port, flows);
    flows.set(channel, endpoint);
    channel.onClose(() => {
      flows.delete(channel);
      if (flows.size === 0 && this.#byPort.get(port) === flows) this.#byPort.delete(port);
    });
    return channel;
  }

  /** Ends the flows of `port` whose endpoint serves no more, if any other does. */
  endpointsChanged(port: ServicePort): void {
    const flows = this.#byPort.get(port.id);
    if (flows === undefined) return;
    const all = [...port.endpoints.IPv4, ...port.endpoints.IPv6];
    const serving = new Set(all.filter(({ isServing }) => isServing).map(({ key }) => key));
    if (serving.size === 0) return;
    for (const [channel, endpoint] of flows) if (!serving.has(endpoint)) channel.close();
  }
}
