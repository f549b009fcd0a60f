/**
 * Clients of a Service in a process of their own, as they are in life: what they meet is timed by the OS.
 *
 * Forked with a `LoadOrder` as its argument; asks until it is told `stop` and has asked often enough, and then sends its
 * `LoadReport`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import type { Place } from './clients.ts';

export interface LoadOrder extends Place {
  /** Clients that keep their connection, and clients that open one for each request. */
  readonly keepAliveClients: number;
  readonly oneShotClients: number;
  /** So many requests of each kind, at least. */
  readonly requests: number;
}

/** What the clients of one kind met. */
export interface LoadCount {
  readonly asked: number;
  readonly failures: readonly string[];
  /** Who answered, as the echo workload tells. */
  readonly pods: readonly string[];
}

export interface LoadReport {
  readonly keepAlive: LoadCount;
  readonly oneShot: LoadCount;
}

export interface RunningLoad {
  /** Resolves once every client has asked often enough. */
  stop(): Promise<LoadReport>;
}

/** Starts the clients; resolves once the first one was answered. */
export async function startLoad(order: LoadOrder): Promise<RunningLoad> {
  const child = fork(import.meta.filename, [JSON.stringify(order)]);
  await once(child, 'message');
  return {
    stop: async () => {
      const reported = once(child, 'message');
      const ended = once(child, 'exit');
      child.send('stop');
      const [report] = (await reported) as [LoadReport];
      await ended;
      return report;
    },
  };
}

interface Client {
  readonly agent: Agent | false;
  readonly requests: number;
}

class Clients {
  readonly #place: Place;
  isStopped = false;
  onAnswer: () => void = () => undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  async count(clients: readonly Client[]): Promise<LoadCount> {
    const counts = await Promise.all(clients.map((client) => this.#run(client)));
    return {
      asked: counts.reduce((sum, { asked }) => sum + asked, 0),
      failures: counts.flatMap(({ failures }) => failures),
      pods: [...new Set(counts.flatMap(({ pods }) => pods))],
    };
  }

  async #run({ agent, requests }: Client): Promise<LoadCount> {
    const pods = new Set<string>();
    const failures: string[] = [];
    let asked = 0;
    for (; asked < requests || !this.isStopped; asked += 1) {
      try {
        pods.add(await this.#ask(agent));
        this.onAnswer();
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
      await turn();
    }
    if (agent !== false) agent.destroy();
    return { asked, failures, pods: [...pods] };
  }

  /** One request, and none instead of one that fails. @returns the name of the Pod. */
  #ask(agent: Agent | false): Promise<string> {
    const { address: host, port } = this.#place;
    return new Promise((resolve, reject) => {
      const outgoing = request({ host, port, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => resolve((JSON.parse(text) as { pod: string }).pod)); // echo's answer
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }
}

async function serveOrder(order: LoadOrder): Promise<void> {
  const { keepAliveClients, oneShotClients, requests } = order;
  const clients = new Clients(order);
  clients.onAnswer = () => {
    clients.onAnswer = () => undefined;
    process.send?.('answered');
  };
  process.once('message', () => (clients.isStopped = true));
  const of = (count: number, agent: () => Agent | false): Promise<LoadCount> =>
    clients.count(
      Array.from({ length: count }, () => ({ agent: agent(), requests: requests / count })),
    );
  const [keepAlive, oneShot] = await Promise.all([
    of(keepAliveClients, () => new Agent({ keepAlive: true, maxSockets: 1 })),
    of(oneShotClients, () => false),
  ]);
  process.send?.({ keepAlive, oneShot } satisfies LoadReport);
  process.disconnect?.();
}

if (process.argv[1] === import.meta.filename)
  await serveOrder(JSON.parse(process.argv[2] ?? '') as LoadOrder); // what `startLoad` wrote
