import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Cluster } from '../../../../../src/index.ts';
import { ConnectError, type Endpoint, type Flow } from '../../../../../src/net/index.ts';

/** What a client saw of one connection. */
export type Answer =
  /** A Pod answered: its host name, and the address that it saw. */
  | { readonly kind: 'answered'; readonly hostname: string; readonly seen: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'silence' }
  /** Nobody has the address, or nobody listens there: the proxy did not care. */
  | { readonly kind: 'unreachable' };

/** A connection over sockets of the host. */
export async function askOverSocket(from: string, to: Endpoint): Promise<Answer> {
  const socket = connect({ host: to.address, port: to.port, localAddress: from });
  try {
    await once(socket, 'connect');
  } catch (error) {
    if (isRefusal(error)) return { kind: 'refused' };
    throw error;
  }
  return talk(socket);
}

/** The same question put to the datapath, for whom and where the host has no addresses. */
export async function askInProcess({ datapath }: Cluster, flow: Flow): Promise<Answer> {
  try {
    if (flow.protocol === 'UDP') return await talkInDatagrams(datapath.associate(flow));
    return await talk(await datapath.connect(flow));
  } catch (error) {
    if (error instanceof ConnectError) return answerOf(error);
    throw error;
  }
}

/** A UDP exchange over sockets of the host. */
export async function askOverUdp(from: string, to: Endpoint): Promise<Answer> {
  const socket = createSocket('udp4');
  try {
    socket.bind(0, from);
    await once(socket, 'listening');
    const ask = async (command: string): Promise<string> => {
      socket.send(command, to.port, to.address);
      const [datagram] = (await once(socket, 'message')) as [Buffer];
      return datagram.toString();
    };
    const hostname = await ask('hostname');
    return { kind: 'answered', hostname, seen: hostOf(await ask('clientip')) };
  } finally {
    socket.close();
  }
}

const QUESTIONS =
  'GET /hostname HTTP/1.1\r\nhost: x\r\n\r\nGET /clientip HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';

/** Both questions at once; what is not answered within a few round trips of the same loop is not answered at all. */
async function talk(stream: Duplex): Promise<Answer> {
  let text = '';
  const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => (text += chunk));
  stream.on('end', () => resolve(undefined));
  stream.on('error', (error) => resolve(isRefusal(error) ? { kind: 'refused' } : undefined));
  stream.write(QUESTIONS);
  const outcome = await Promise.race([promise, silence(() => text === '')]);
  stream.destroy();
  if (outcome !== undefined) return outcome;
  const [, hostname = '', seen = ''] = text
    .split(/HTTP\/1\.1 200 OK\r\n/)
    .map((response) => response.slice(response.indexOf('\r\n\r\n') + 4).trim());
  return { kind: 'answered', hostname, seen: hostOf(seen) };
}

async function talkInDatagrams(
  channel: ReturnType<Cluster['datapath']['associate']>,
): Promise<Answer> {
  const answers: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  channel.onDatagram((datagram) => {
    answers.push(Buffer.from(datagram).toString());
    if (answers.length === 2) resolve();
  });
  for (const command of ['hostname', 'clientip']) channel.send(Buffer.from(command));
  await promise;
  channel.close();
  const [hostname = '', seen = ''] = answers;
  return { kind: 'answered', hostname, seen: hostOf(seen) };
}

/** Everybody is in this process: bytes that are on their way arrive within a few turns of its loop. */
const TURNS = 40;

async function silence(isStillSilent: () => boolean): Promise<Answer> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!isStillSilent()) return new Promise(() => undefined);
  }
  return { kind: 'silence' };
}

function answerOf({ code, message }: ConnectError): Answer {
  if (code === 'ERR_DROPPED') return { kind: 'silence' };
  if (code === 'ERR_UNREACHABLE' || message.includes('nothing listens'))
    return { kind: 'unreachable' };
  return { kind: 'refused' };
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ECONNREFUSED', 'ECONNRESET'].includes(String(error.code))
  );
}

/** `address:port` without its port, IPv6 without brackets. */
function hostOf(text: string): string {
  return text.slice(0, text.lastIndexOf(':')).replaceAll(/[[\]]/g, '');
}
