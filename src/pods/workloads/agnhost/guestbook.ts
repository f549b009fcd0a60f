import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServedTcpPort } from '../../workload.ts';
import { numberFlag, parseFlags } from '../flags.ts';
import { joinHostPort, requestUrl, splitHostPort } from '../go-http.ts';
import { fetchAs } from '../http-client.ts';
import { createHttpService, reply, type Visit } from '../http-service.ts';
import type { Invocation, Subcommand } from './subcommand.ts';

const TIMEOUT_MS = 5000;
/** The Services that the front end asks. */
const PRIMARY = 'agnhost-primary';
const REPLICA = 'agnhost-replica';

/** A front end, a primary or a replica. */
interface Node {
  readonly invocation: Invocation;
  readonly backendPort: number;
  /** The primary that a replica follows. */
  readonly primary: string | undefined;
  readonly store: Map<string, string>;
  /** `host:port` of those who follow. */
  readonly replicas: Set<string>;
  /** The next try to join. */
  timer: Disposable | undefined;
  hasEnded: boolean;
}

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit<Node>,
) => void | Promise<void>;

/** `agnhost guestbook [--http-port 80] [--backend-port 6379] [--replicaof HOST]` */
export function createGuestbook(): Subcommand {
  const http = createHttpService<Node>({
    handle: (request, response, visit) => {
      return (HANDLERS.get(requestUrl(request).pathname) ?? page)(request, response, visit);
    },
  });
  return {
    run: (invocation) => {
      const flags = parseFlags(invocation.args);
      const backendPort = numberFlag(flags, 'backend-port', 6379);
      const primary = flags.values.get('replicaof') ?? flags.values.get('slaveof');
      const ports = new Set([numberFlag(flags, 'http-port', 80), backendPort]);
      const node: Node = {
        invocation,
        backendPort,
        primary,
        store: new Map(),
        replicas: new Set(),
        timer: undefined,
        hasEnded: false,
      };
      if (primary !== undefined) void register(node, primary);
      const tcp: readonly ServedTcpPort[] = [...ports].map((port) => ({
        port,
        accept: (socket, flow) => http.accept(socket, flow, node),
      }));
      const dispose = (): void => {
        node.hasEnded = true;
        node.timer?.[Symbol.dispose]();
      };
      return { tcp, udp: [], dispose };
    },
  };
}

const set: Handler = async (request, response, { container }) => {
  const { searchParams, search } = requestUrl(request);
  container.store.set(searchParams.get('key') ?? '', searchParams.get('value') ?? '');
  for (const replica of container.replicas) {
    const place = splitHostPort(replica);
    if (place !== undefined) await tell(container, place, `/set${search}`).catch(() => undefined);
  }
  json(response, {});
};

const get: Handler = (request, response, { container }) => {
  const key = requestUrl(request).searchParams.get('key') ?? '';
  json(response, { data: container.store.get(key) ?? '' });
};

/** Joins a primary, and again until it is there. */
async function register(node: Node, primary: string): Promise<void> {
  const { pod } = node.invocation;
  const own = joinHostPort(pod.podIPs[0] ?? '', node.backendPort);
  const place = splitHostPort(primary) ?? { host: primary, port: node.backendPort };
  try {
    const body = await tell(node, place, `/register?host=${encodeURIComponent(own)}`);
    for (const [key, value] of Object.entries(parseStore(body))) node.store.set(key, value);
  } catch {
    if (node.hasEnded) return;
    node.timer = pod.clock.setTimer(TIMEOUT_MS, () => void register(node, primary));
  }
}

const registerHandler: Handler = (request, response, { container }) => {
  const host = requestUrl(request).searchParams.get('host') ?? '';
  if (splitHostPort(host) !== undefined) container.replicas.add(host);
  json(response, Object.fromEntries(container.store));
};

/** The front end: writes go to the primary, reads to the replicas. */
const guestbook: Handler = async (request, response, { container }) => {
  const { searchParams } = requestUrl(request);
  const command = (searchParams.get('cmd') ?? '').toLowerCase();
  const key = encodeURIComponent(searchParams.get('key') ?? '');
  const value = encodeURIComponent(searchParams.get('value') ?? '');
  const port = container.backendPort;
  try {
    if (command === 'set')
      return reply(
        response,
        await tell(container, { host: PRIMARY, port }, `/set?key=${key}&value=${value}`),
      );
    if (command === 'get')
      return reply(response, await tell(container, { host: REPLICA, port }, `/get?key=${key}`));
    json(response, { error: `unsupported command: ${command}` }, 400);
  } catch (error) {
    json(response, { error: error instanceof Error ? error.message : String(error) }, 500);
  }
};

const env: Handler = (_request, response, { container }) =>
  json(response, Object.fromEntries(container.invocation.context.env));

const info: Handler = (_request, response, { container }) =>
  json(response, { role: container.primary === undefined ? 'primary' : 'replica' });

const page: Handler = (_request, response) =>
  reply(response, '<!DOCTYPE html>\n<title>Guestbook</title>\n<h1>Guestbook</h1>\n', {
    contentType: 'text/html; charset=utf-8',
  });

const HANDLERS: ReadonlyMap<string, Handler> = new Map([
  ['/env', env],
  ['/get', get],
  ['/guestbook', guestbook],
  ['/info', info],
  ['/register', registerHandler],
  ['/set', set],
]);

async function tell(
  { invocation }: Node,
  { host, port }: { readonly host: string; readonly port: number },
  path: string,
): Promise<string> {
  return (await fetchAs(invocation.pod, { host, port, path, timeoutMs: TIMEOUT_MS })).body;
}

function parseStore(body: string): Readonly<Record<string, string>> {
  const parsed: unknown = JSON.parse(body);
  if (typeof parsed !== 'object' || parsed === null) return {};
  const entries = Object.entries(parsed).map(([key, value]) => [key, String(value)]);
  return Object.fromEntries(entries);
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  reply(response, JSON.stringify(value), { status, contentType: 'application/json' });
}
