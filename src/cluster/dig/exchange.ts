import type { DigExchange, DigFailure, DigRequest } from '../../control/index.ts';
import { typeName } from '../../dns/index.ts';
import { PodlaneError } from '../../net/index.ts';
import type { Clock } from '../../observe/index.ts';
import { encodeQuery, showMessage, type Asked } from './query.ts';
import type { Sent } from './send.ts';
import type { Server } from './servers.ts';

export interface ExchangeOptions {
  readonly request: DigRequest;
  /** At least one. */
  readonly servers: readonly Server[];
  /** 0–65535, another for each call. */
  readonly id: number;
  readonly clock: Clock;
}

interface Attempt {
  readonly server: Server;
  readonly transport: 'udp' | 'tcp';
  readonly sent: Sent;
  readonly elapsedMs: number;
}

/**
 * Puts one question to the servers, one after the other and again until `tries` are used up.
 *
 * An answer that is cut short is asked for again over TCP. What a policy refuses is not tried again: it stays refused.
 *
 * @throws PodlaneError `ERR_DNS_SERVER` without a server.
 */
export async function exchange(asked: Asked, options: ExchangeOptions): Promise<DigExchange> {
  const { request, servers, id } = options;
  const query = encodeQuery(id, asked, request);
  const failures: DigFailure[] = [];
  let last: Attempt | undefined;
  for (const server of attempts(servers, request)) {
    last = await attempt(server, request.transport, { query, request });
    if (last.sent.kind === 'answered') return shown(asked, { ...options, query, last, failures });
    failures.push(last.sent.failure);
    if (last.sent.failure.because !== undefined) break;
  }
  if (last === undefined) throw new PodlaneError('ERR_DNS_SERVER', 'there is no server to ask');
  return { ...outline(asked, last, options), messages: [], failures };
}

/** Every server, as often as the transport is tried. TCP tries itself. */
function* attempts(servers: readonly Server[], { tries, transport }: DigRequest): Iterable<Server> {
  for (let left = transport === 'tcp' ? 1 : tries; left > 0; left -= 1) yield* servers;
}

interface Sending {
  readonly query: Buffer;
  readonly request: DigRequest;
}

async function attempt(
  server: Server,
  transport: 'udp' | 'tcp',
  { query, request }: Sending,
): Promise<Attempt> {
  const startMs = performance.now();
  const sent = await server[transport](query, request.timeoutMs);
  return { server, transport, sent, elapsedMs: performance.now() - startMs };
}

interface Answered extends ExchangeOptions {
  readonly query: Buffer;
  readonly last: Attempt;
  readonly failures: readonly DigFailure[];
}

async function shown(asked: Asked, answered: Answered): Promise<DigExchange> {
  const { last, failures, query, request } = answered;
  if (last.sent.kind !== 'answered')
    return { ...outline(asked, last, answered), messages: [], failures };
  const messages = last.sent.messages.map(showMessage);
  const isCut = last.transport === 'udp' && messages[0]?.flags.includes('tc') === true;
  if (!isCut || request.isKeepingTruncated === true)
    return { ...outline(asked, last, answered), messages, failures };
  const again = await attempt(last.server, 'tcp', { query, request });
  const outcome = { ...outline(asked, again, answered), isRepeatedOverTcp: true };
  return again.sent.kind === 'answered'
    ? { ...outcome, messages: again.sent.messages.map(showMessage), failures }
    : { ...outcome, messages: [], failures: [...failures, again.sent.failure] };
}

function outline(
  { name, type }: Asked,
  { server: { text, address, port }, transport, elapsedMs }: Attempt,
  { servers, clock }: Pick<ExchangeOptions, 'servers' | 'clock'>,
): Omit<DigExchange, 'messages' | 'failures'> {
  return {
    name,
    type: typeName(type),
    server: { text, address, port },
    serverCount: servers.length,
    transport,
    elapsedMs,
    atMs: clock.now(),
  };
}
