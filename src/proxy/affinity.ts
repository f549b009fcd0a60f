import type { ServiceEndpoint } from './service.ts';

/** Whose affinity is meant: each Node's proxy remembers each client of each Service port by itself. */
export interface AffinityKey {
  readonly node: string;
  /** `ServicePort.id` */
  readonly port: string;
  /** The client's address; its port does not matter. */
  readonly client: string;
}

/** Clients beyond this many of one endpoint push the longest silent ones out, as a full nftables set would. */
const CLIENTS_PER_ENDPOINT = 65_536;

/**
 * Which endpoint each client got last, and when.
 *
 * Only new connections count, and each one renews the time. @see kube-proxy in nftables mode: one set of clients per endpoint
 */
export class AffinityTable {
  /** Port, Node, endpoint, client → milliseconds of the last new connection. */
  readonly #ports = new Map<string, Map<string, Map<string, Map<string, number>>>>();

  /** The first of `candidates` that the client is remembered for. Changes nothing. */
  find(
    key: AffinityKey,
    candidates: readonly ServiceEndpoint[],
    sinceMs: number,
  ): ServiceEndpoint | undefined {
    const endpoints = this.#ports.get(key.port)?.get(key.node);
    if (endpoints === undefined) return undefined;
    return candidates.find((candidate) => {
      const at = endpoints.get(candidate.key)?.get(key.client);
      return at !== undefined && at > sinceMs;
    });
  }

  /** Remembers that the client got `endpoint` at `nowMs`. */
  record(key: AffinityKey, endpoint: string, nowMs: number): void {
    const endpoints = inner(inner(this.#ports, key.port), key.node);
    const clients = inner(endpoints, endpoint);
    // Deleted first, so that the Map's order is that of the last connection.
    clients.delete(key.client);
    clients.set(key.client, nowMs);
    if (clients.size <= CLIENTS_PER_ENDPOINT) return;
    const [oldest] = clients.keys();
    if (oldest !== undefined) clients.delete(oldest);
  }

  /** Forgets endpoints of `port` that `isKept` does not name for a Node: they are no longer used there. */
  retain(port: string, isKept: (node: string, endpoint: string) => boolean): void {
    for (const [node, endpoints] of this.#ports.get(port) ?? [])
      for (const endpoint of endpoints.keys())
        if (!isKept(node, endpoint)) endpoints.delete(endpoint);
  }

  /** Forgets every client of `port`. */
  forget(port: string): void {
    this.#ports.delete(port);
  }
}

function inner<K, V>(outer: Map<K, Map<string, V>>, key: K): Map<string, V> {
  let found = outer.get(key);
  if (found === undefined) outer.set(key, (found = new Map<string, V>()));
  return found;
}
