import { text } from 'node:stream/consumers';
import type { ServedContainer } from '../../workload.ts';
import { numberFlag, parseFlags } from '../flags.ts';
import { requestUrl } from '../go-http.ts';
import { fetchAs } from '../http-client.ts';
import { createHttpService, reply } from '../http-service.ts';
import type { Invocation, Subcommand } from './subcommand.ts';

const ROUND_MS = 5000;

/** What one peer has seen so far. */
interface Peer {
  readonly invocation: Invocation;
  readonly port: number;
  readonly peers: number;
  readonly service: string;
  /** How many tokens came from whom, and went to whom. */
  readonly received: Map<string, number>;
  readonly sent: Map<string, number>;
  readonly errors: string[];
  /** The next round; undefined once the program has ended. */
  timer: Disposable | undefined;
}

/**
 * `agnhost nettest [--port 8080] [--peers 8] [--service nettest]`: finds its peers by the Service's name, and passes
 * once it has heard from each of them and each has heard it.
 */
export function createNettest(): Subcommand {
  const http = createHttpService<Peer>({
    readsBody: true,
    handle: async (request, response, { container }) => {
      switch (requestUrl(request).pathname) {
        case '/read':
          request.resume();
          return reply(response, JSON.stringify(describe(container)));
        case '/write': {
          const { searchParams } = requestUrl(request);
          const from = hostOf(await text(request)) ?? searchParams.get('from') ?? '';
          container.received.set(from, (container.received.get(from) ?? 0) + 1);
          return reply(response, JSON.stringify({ Hostname: container.invocation.pod.hostname }));
        }
        case '/quit':
          return container.invocation.pod.exit(0);
        case '/status':
          request.resume();
          return reply(response, status(container));
        default:
          request.resume();
          return reply(response, '404 page not found\n', { status: 404 });
      }
    },
  });
  return {
    run: (invocation): ServedContainer => {
      const flags = parseFlags(invocation.args);
      const port = numberFlag(flags, 'port', 8080);
      const peer: Peer = {
        invocation,
        port,
        peers: numberFlag(flags, 'peers', numberFlag(flags, 'peer-count', 8)),
        service: flags.values.get('service') ?? 'nettest',
        received: new Map(),
        sent: new Map(),
        errors: [],
        timer: undefined,
      };
      peer.timer = invocation.pod.clock.setTimer(0, () => void visitPeers(peer));
      return {
        tcp: [{ port, accept: (socket, flow) => http.accept(socket, flow, peer) }],
        udp: [],
        dispose: () => {
          peer.timer?.[Symbol.dispose]();
          peer.timer = undefined;
        },
      };
    },
  };
}

/** One round: tells every peer that it is there. */
async function visitPeers(peer: Peer): Promise<void> {
  const { pod } = peer.invocation;
  const addresses = await pod.resolve(peer.service).catch(() => []);
  await Promise.allSettled(addresses.map((address) => visit(peer, address)));
  if (peer.timer !== undefined)
    peer.timer = pod.clock.setTimer(ROUND_MS, () => void visitPeers(peer));
}

async function visit(peer: Peer, host: string): Promise<void> {
  const { pod } = peer.invocation;
  const path = `/write?from=${encodeURIComponent(pod.hostname)}`;
  try {
    await fetchAs(pod, { host, port: peer.port, path, timeoutMs: ROUND_MS });
    peer.sent.set(host, (peer.sent.get(host) ?? 0) + 1);
  } catch (error) {
    peer.errors.push(error instanceof Error ? error.message : String(error));
  }
}

function status(peer: Peer): string {
  const isDone = peer.received.size >= peer.peers && peer.sent.size >= peer.peers;
  return isDone ? 'pass' : 'running';
}

function describe({ invocation, received, sent, errors }: Peer): object {
  return {
    Hostname: invocation.pod.hostname,
    Sent: Object.fromEntries(sent),
    Received: Object.fromEntries(received),
    Errors: errors,
    Log: [],
    StillContactingPeers: true,
  };
}

function hostOf(body: string): string | undefined {
  return /"Source"\s*:\s*"([^"]*)"/.exec(body)?.[1];
}
