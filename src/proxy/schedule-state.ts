/** Whose turns and connections are meant: each Node's proxy counts its own. */
export interface ScheduleKey {
  readonly node: string;
  /** `ServicePort.id` */
  readonly port: string;
}

interface Entry {
  turn: number;
  readonly open: Map<string, number>;
}

/** What schedulers remember: how many connections each Service port had, and how many are open to each endpoint. */
export class ScheduleState {
  readonly #entries = new Map<string, Map<string, Entry>>();

  turnOf({ port, node }: ScheduleKey): number {
    return this.#entries.get(port)?.get(node)?.turn ?? 0;
  }

  /** @param endpoint `ServiceEndpoint.key` */
  connectionsTo({ port, node }: ScheduleKey, endpoint: string): number {
    return this.#entries.get(port)?.get(node)?.open.get(endpoint) ?? 0;
  }

  /** Counts a connection that is made; to be called again when it has closed. */
  opened({ port, node }: ScheduleKey, endpoint: string): () => void {
    const nodes = this.#entries.get(port) ?? new Map<string, Entry>();
    this.#entries.set(port, nodes);
    const entry = nodes.get(node) ?? { turn: 0, open: new Map<string, number>() };
    nodes.set(node, entry);
    entry.turn += 1;
    entry.open.set(endpoint, (entry.open.get(endpoint) ?? 0) + 1);
    return () => {
      const left = (entry.open.get(endpoint) ?? 0) - 1;
      if (left > 0) entry.open.set(endpoint, left);
      else entry.open.delete(endpoint);
    };
  }

  /** Forgets a Service port that is gone. */
  forget(port: string): void {
    this.#entries.delete(port);
  }
}
