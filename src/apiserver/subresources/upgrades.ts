import { ApiError, type Pod } from '../../api/index.ts';
import type { ApiContext, ResourceHandler, Target } from '../context.ts';
import type { UpgradeRequest } from '../server.ts';
import type { ContainerTarget } from '../streams/pod-access.ts';
import type { Outcome, RemoteCommand, WantedStreams } from '../streams/remote-command.ts';
import { isSet } from '../resources/parameters.ts';
import { checkOnNode, containerOf, podOf } from './pod-target.ts';
import { podsOf } from './pods.ts';
import { serveProxyUpgrade } from './proxy-upgrade.ts';

/** Takes over a connection that leaves HTTP. @throws ApiError before the client was answered. */
export type UpgradeHandler = (
  upgrade: UpgradeRequest,
  target: Target,
  context: ApiContext,
) => Promise<void>;

/** By resource and subresource. */
export const UPGRADES: ReadonlyMap<string, UpgradeHandler> = new Map([
  ['pods/exec', serveCommand],
  ['pods/attach', serveCommand],
  ['pods/portforward', forwardPorts],
  ['pods/log', serveLogSocket],
  ['pods/proxy', serveProxyUpgrade],
  ['services/proxy', serveProxyUpgrade],
]);

/** The same paths without an upgrade: what is wrong is told, and that there is none last. */
export const requireUpgrade: ResourceHandler = (request, target, context) => {
  const pod = podOf(target, context);
  if (target.subresource !== 'portforward') containerOf(pod, request.query.get('container'));
  checkOnNode(pod, context);
  throw new ApiError('BadRequest', 'Upgrade request required');
};

async function serveCommand(
  upgrade: UpgradeRequest,
  target: Target,
  context: ApiContext,
): Promise<void> {
  const query = queryOf(upgrade);
  const pod = podOf(target, context);
  const container = containerOf(pod, query.get('container'));
  const wanted = wantedStreams(query);
  checkOnNode(pod, context);
  checkRunning(pod);
  const pods = podsOf(context);
  await using client = await openCommand(upgrade, wanted, context);
  const run = (): Promise<number> =>
    target.subresource === 'attach'
      ? pods.attach(container, client.streams)
      : pods.run(container, query.getAll('command'), client.streams);
  await client.finish(await outcomeOf(run));
}

/** Loaded when the first client wants it: nothing else needs WebSockets or SPDY. */
async function openCommand(
  upgrade: UpgradeRequest,
  wanted: WantedStreams,
  { clock }: ApiContext,
): Promise<RemoteCommand> {
  if (upgrade.message.headers.upgrade?.toLowerCase() === 'websocket') {
    const { openWebSocketCommand } = await import('../streams/web-socket-command.ts');
    return openWebSocketCommand(upgrade, wanted);
  }
  const { openSpdyCommand } = await import('../streams/spdy-command.ts');
  return openSpdyCommand(upgrade, wanted, clock);
}

async function outcomeOf(run: () => Promise<number>): Promise<Outcome> {
  try {
    return { kind: 'exited', exitCode: await run() };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

function wantedStreams(query: URLSearchParams): WantedStreams {
  const wanted = {
    stdin: isSet(query, 'stdin'),
    stdout: isSet(query, 'stdout'),
    stderr: isSet(query, 'stderr'),
    tty: isSet(query, 'tty'),
  };
  if (!wanted.stdin && !wanted.stdout && !wanted.stderr)
    throw new ApiError('BadRequest', 'you must specify at least 1 of stdin, stdout, stderr');
  return wanted;
}

function checkRunning({ metadata, status }: Pod): void {
  const { phase = 'Pending' } = status ?? {};
  if (phase === 'Succeeded' || phase === 'Failed')
    throw new ApiError(
      'BadRequest',
      `cannot exec into a container in a completed pod; current phase is ${phase}`,
    );
  if (phase === 'Pending')
    throw new ApiError('BadRequest', `pod ${metadata.name} is not running: its phase is ${phase}`);
}

async function forwardPorts(
  upgrade: UpgradeRequest,
  target: Target,
  context: ApiContext,
): Promise<void> {
  const pod = podOf(target, context);
  checkOnNode(pod, context);
  const pods = podsOf(context);
  const { servePortForward } = await import('../streams/port-forward.ts');
  await servePortForward(upgrade, { pod, pods });
}

const LOG_PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io', ''];

/** A log over a WebSocket, one way. */
async function serveLogSocket(
  upgrade: UpgradeRequest,
  target: Target,
  context: ApiContext,
): Promise<void> {
  const query = queryOf(upgrade);
  const pod = podOf(target, context);
  const container: ContainerTarget = containerOf(pod, query.get('container'));
  checkOnNode(pod, context);
  const { logOf, logOptionsOf } = await import('./log.ts');
  const options = logOptionsOf(query, context.clock.now());
  const gone = new AbortController();
  const pieces = logOf(() => podsOf(context).logs(container, options, gone.signal));
  const { acceptWebSocket } = await import('../streams/web-socket.ts');
  const { socket, protocol } = await acceptWebSocket(upgrade, LOG_PROTOCOLS);
  socket.once('close', () => gone.abort());
  for await (const text of pieces) {
    const bytes = Buffer.from(text);
    const message = protocol.startsWith('base64') ? bytes.toString('base64') : bytes;
    await new Promise<void>((resolve) => {
      if (socket.readyState === socket.OPEN) socket.send(message, () => resolve());
      else resolve();
    });
  }
  socket.close(1000);
}

function queryOf({ message }: UpgradeRequest): URLSearchParams {
  const target = message.url ?? '';
  const mark = target.indexOf('?');
  return new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1));
}
