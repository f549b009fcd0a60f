import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Listening } from '../control/index.ts';
import { nodeHttp } from '../net/index.ts';
import { dialDoor } from './dial-door.ts';
import type { ExplainTarget } from './explain-target.ts';

/** What came back over a connection. */
export interface PodAnswer {
  /** `HTTP 200 OK`, or `connected`. */
  readonly what: string;
  /** What is read of the body. */
  readonly body: string;
}

/** What is asked, and with which fields besides. */
export interface AskTarget extends ExplainTarget {
  readonly fields?: Readonly<Record<string, string>>;
}

/** Of the answer's body; no more is of interest. */
const MAX_BODY = 65_536;

/**
 * Asks over a connection that is open: a GET for HTTP, nothing else for the rest. Closes it.
 *
 * @throws Error when the other side breaks off, or `signal` fires.
 */
export async function askPod(
  connection: Duplex,
  target: AskTarget,
  signal: AbortSignal,
): Promise<PodAnswer> {
  connection.on('error', () => undefined); // told by the request, or of no interest any more
  try {
    if (target.scheme === 'tcp') return { what: 'connected', body: '' };
    const socket = target.scheme === 'https' ? await secure(connection, target.host) : connection;
    const response = await exchange(socket, target, signal);
    const body = await readSome(response);
    return { what: `HTTP ${response.statusCode} ${response.statusMessage}`, body };
  } finally {
    connection.destroy();
  }
}

/** As `askPod`, over a connection to a door of this process. */
export async function askDoor(
  door: Listening,
  target: AskTarget,
  signal: AbortSignal,
): Promise<PodAnswer> {
  return askPod(await dialDoor(door, signal), target, signal);
}

async function secure(connection: Duplex, servername: string): Promise<Duplex> {
  const { connect: connectTls } = await import('node:tls');
  const isName = !/^[\d.]+$|:/.test(servername);
  return connectTls({
    socket: connection,
    rejectUnauthorized: false,
    ...(isName ? { servername } : {}),
  });
}

function exchange(
  socket: Duplex,
  { host, port, path, fields = {} }: AskTarget,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = nodeHttp().request({
      createConnection: () => socket,
      path,
      signal,
      headers: {
        ...fields,
        host: port === 80 || port === 443 ? host : `${host}:${port}`,
        connection: 'close',
      },
    });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end();
  });
}

async function readSome(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_BODY) break;
  }
  return text;
}
