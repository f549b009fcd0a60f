import type { Duplex } from 'node:stream';
import type { DigFailure } from '../../control/index.ts';
import {
  decodeMessage,
  MessageReader,
  RCODE,
  TYPE,
  type AnswerBytes,
  type Client,
} from '../../dns/index.ts';
import {
  ConnectError,
  type Associate,
  type Connect,
  type DatagramChannel,
  type Flow,
} from '../../net/index.ts';
import type { Clock } from '../../observe/index.ts';

/** Messages that answer one query, or why there are none. */
export type Sent =
  | { readonly kind: 'answered'; readonly messages: readonly Buffer[] }
  | { readonly kind: 'failed'; readonly failure: DigFailure };

/** A way for one query to one server. */
export type Send = (query: Buffer, timeoutMs: number) => Promise<Sent>;

const TIMED_OUT: Sent = { kind: 'failed', failure: { what: 'timed out' } };
/** As `dig` names them. */
const WORDS = {
  ERR_DROPPED: 'timed out',
  ERR_REFUSED: 'connection refused',
  ERR_UNREACHABLE: 'host unreachable',
} as const;

/** To the server of this process; a query that it leaves without an answer need not be waited for. */
export function sendToFrontDoor(answerBytes: AnswerBytes, client: Client, clock: Clock): Send {
  return async (query, timeoutMs) => {
    const messages: Buffer[] = [];
    const reply = answerBytes(query, {
      ...client,
      ...(client.transport === 'tcp' && {
        sendAhead: (message: Buffer) => void messages.push(message),
      }),
    });
    const last = await withTimeout(Promise.resolve(reply), { clock, timeoutMs });
    if (last === undefined) return TIMED_OUT;
    return { kind: 'answered', messages: [...messages, last] };
  };
}

/** In one datagram through the cluster. */
export function sendDatagram(associate: Associate, flow: Flow, clock: Clock): Send {
  return async (query, timeoutMs) => {
    let channel: DatagramChannel;
    try {
      channel = associate(flow);
    } catch (error) {
      return failureOf(error);
    }
    const { promise, resolve } = Promise.withResolvers<Sent>();
    channel.onDatagram((bytes) => {
      if (isReplyTo(query, Buffer.from(bytes)))
        resolve({ kind: 'answered', messages: [Buffer.from(bytes)] });
    });
    channel.onClose(() => resolve({ kind: 'failed', failure: { what: WORDS.ERR_REFUSED } }));
    channel.send(query);
    const sent = await withTimeout(promise, { clock, timeoutMs });
    channel.close();
    return sent ?? TIMED_OUT;
  };
}

/** Over a connection through the cluster; a zone comes in several messages. */
export function sendOverTcp(connect: Connect, flow: Flow, clock: Clock): Send {
  return async (query, timeoutMs) => {
    const abort = new AbortController();
    using _timer = clock.setTimer(timeoutMs, () => abort.abort());
    try {
      const connection = await connect(flow, { signal: abort.signal });
      return { kind: 'answered', messages: await exchange(connection, query, abort.signal) };
    } catch (error) {
      return abort.signal.aborted ? TIMED_OUT : failureOf(error);
    }
  };
}

async function exchange(
  connection: Duplex,
  query: Buffer,
  signal: AbortSignal,
): Promise<readonly Buffer[]> {
  const stop = (): void => void connection.destroy(new Error('timed out'));
  signal.addEventListener('abort', stop, { once: true });
  try {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    connection.write(Buffer.concat([length, query]));
    const reader = new MessageReader();
    const messages: Buffer[] = [];
    for await (const chunk of connection as AsyncIterable<Buffer>) {
      messages.push(...reader.read(chunk).filter((message) => isReplyTo(query, message)));
      if (isWhole(query, messages)) return messages;
    }
    if (messages.length > 0) return messages;
    throw new ConnectError('ERR_REFUSED', 'the connection was closed without an answer');
  } finally {
    signal.removeEventListener('abort', stop);
    connection.on('error', () => undefined); // nobody waits for it any more
    connection.destroy();
  }
}

/** A zone ends with the SOA record that it began with; anything else is one message. @see RFC 5936 §2.2 */
function isWhole(query: Buffer, messages: readonly Buffer[]): boolean {
  const [question] = decodeMessage(query).questions;
  if (question?.type !== TYPE.AXFR || messages.length === 0) return messages.length > 0;
  const records = messages.map((message) => decodeMessage(message));
  if (records.some(({ flags, answers }) => flags.rcode !== RCODE.NOERROR || answers.length === 0))
    return true;
  return (
    records.flatMap(({ answers }) => answers).filter(({ type }) => type === TYPE.SOA).length > 1
  );
}

function failureOf(error: unknown): Sent {
  if (!(error instanceof ConnectError)) throw error;
  const what = WORDS[error.code];
  return { kind: 'failed', failure: { what, because: error.message } };
}

function isReplyTo(query: Buffer, bytes: Buffer): boolean {
  const isResponse = ((bytes[2] ?? 0) & 0x80) !== 0;
  return bytes.length >= 12 && isResponse && bytes.readUInt16BE(0) === query.readUInt16BE(0);
}

interface Patience {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

async function withTimeout<T>(promise: Promise<T>, patience: Patience): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  using _timer = patience.clock.setTimer(patience.timeoutMs, () => resolve(undefined));
  return await Promise.race([promise, late]);
}
