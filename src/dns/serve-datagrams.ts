import type { RemoteInfo } from 'node:dgram';
import { listenUdp, type UdpListener } from '../net/index.ts';
import type { Logger } from '../observe/index.ts';
import type { Answering } from './answer-bytes.ts';
import type { Client, MayAsk } from './query.ts';
import { createReplySpace } from './reply-space.ts';

export interface ServeDatagramsOptions {
  readonly address: string;
  readonly port: number;
  readonly answering: Pick<Answering, 'answerBytes'>;
  /** Who is not answered at all. @default everybody is */
  readonly mayAsk?: MayAsk | undefined;
  readonly log: Logger;
  /** What to do about a taken port. */
  readonly hint?: string | undefined;
  /** Other threads have sockets on the port, too. @default false */
  readonly isSpread?: boolean;
}

interface Arrival {
  readonly datagram: Buffer;
  readonly from: RemoteInfo;
}

/**
 * Answers datagrams, in lots: all that have arrived are read before the first is answered.
 *
 * A client that waits for several answers is woken once for the lot and not for each, which is a fifth of the cost.
 *
 * @throws PodlaneError as `listenUdp`.
 */
export async function serveDatagrams(options: ServeDatagramsOptions): Promise<UdpListener> {
  const { answering, mayAsk, log, ...place } = options;
  const space = createReplySpace();
  let lot: Arrival[] = [];
  let isClosed = false;
  const send = (reply: Buffer | undefined, client: RemoteInfo): void => {
    // Without a callback a failure to send is an event, and `onError` below hears of it.
    if (reply !== undefined && !isClosed) listener.socket.send(reply, client.port, client.address);
  };
  const sendLater = async (
    reply: Promise<Buffer | undefined>,
    client: RemoteInfo,
  ): Promise<void> => {
    send(await reply, client);
  };
  const answer = ({ datagram, from }: Arrival): void => {
    const client: Client = { address: from.address, port: from.port, transport: 'udp' };
    if (mayAsk?.(client) === false) return;
    // What the OS has no room for yet waits in the space, which is not for others then.
    const isFree = listener.socket.getSendQueueCount() === 0;
    const reply = answering.answerBytes(datagram, client, isFree ? space : undefined);
    if (reply instanceof Promise) void sendLater(reply, from);
    else send(reply, from);
  };
  const answerLot = (): void => {
    const arrivals = lot;
    lot = [];
    for (const arrival of arrivals) if (!isClosed) answer(arrival);
  };
  const listener = await listenUdp({
    ...place,
    onDatagram: (datagram, from) => {
      // The OS hands over a few dozen at once, then this runs.
      if (lot.push({ datagram, from }) === 1) setImmediate(answerLot);
    },
    onError: (error) => log.debug('datagram not sent', { part: 'dns', error }),
  });
  const close = (): Promise<void> => {
    isClosed = true;
    return listener.close();
  };
  return { ...listener, close, [Symbol.asyncDispose]: close };
}
