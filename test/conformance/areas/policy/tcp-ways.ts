import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { ConnectError, type Flow } from '../../../../src/net/index.ts';
import { aliasesOf } from './aliases.ts';
import { firstOf, isAlive, orSilence, type About } from './control.ts';
import type { Way } from './ways.ts';

/** Makes a connection; undefined when it is refused by silence at once. */
type Dial = (flow: Flow) => Promise<Duplex | undefined>;

/** In process, through the entry as the Pod, and over the loopback aliases of both ends. */
export function tcpWays(flow: Flow, about: About): readonly Way[] {
  const inProcess: Dial = async (asked) => {
    try {
      return await about.running.cluster.datapath.connect(asked);
    } catch (error) {
      if (error instanceof ConnectError && error.code === 'ERR_DROPPED') return undefined;
      throw error;
    }
  };
  return [
    tcpWay('in process', flow, { ...about, dial: inProcess }),
    ...entryWays(flow, about),
    ...aliasWays(flow, about),
  ];
}

interface Dialling extends About {
  readonly dial: Dial;
}

function tcpWay(name: string, flow: Flow, about: Dialling): Way {
  const { dial } = about;
  const { port } = about.control.destination;
  const open = async (): Promise<() => Promise<boolean>> => {
    const stream = await dial(flow);
    return async () => {
      if (stream === undefined) return false;
      const answer = await orSilence(firstOf(stream, port), about);
      stream.destroy();
      return answer !== undefined;
    };
  };
  const ask = async (): Promise<string> => {
    if (await (await open())()) return 'allow';
    return (await isAlive(about)) ? 'deny' : 'no control';
  };
  return { name, ask, open };
}

/** As SOCKS5 clients, and as `podlane curl --as` and other clients of an HTTP proxy, say who they are. */
function entryWays(flow: Flow, about: About): readonly Way[] {
  const { entry } = about.running.cluster;
  const { origin } = flow;
  if (origin.kind !== 'pod' || entry === undefined) return [];
  const user = `${origin.namespace}/${origin.name}`;
  const socks: Dial = async ({ destination: { address, port } }) => {
    const socket = connect({ host: entry.address, port: entry.port });
    await once(socket, 'connect');
    const octets = address.split('.').map(Number);
    socket.write(Buffer.from([5, 1, 2]));
    await readBytes(socket, 2);
    socket.write(
      Buffer.concat([Buffer.from([1, user.length]), Buffer.from(user), Buffer.from([0])]),
    );
    await readBytes(socket, 2);
    socket.write(Buffer.from([5, 1, 0, 1, ...octets, port >> 8, port & 255]));
    return afterReply(socket);
  };
  const proxied: Dial = async ({ destination: { address, port } }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Duplex | undefined>();
    const credentials = Buffer.from(`${user}:`).toString('base64');
    const asked = request({
      host: entry.address,
      port: entry.port,
      method: 'CONNECT',
      path: `${address}:${port}`,
      agent: false,
      headers: { 'proxy-authorization': `Basic ${credentials}` },
    });
    asked.once('connect', (_response, socket) => resolve(socket)).once('error', reject);
    asked.end();
    const answer = await orSilence(promise, about);
    asked.off('error', reject).on('error', () => undefined);
    if (answer === undefined) asked.destroy();
    return answer;
  };
  return [
    tcpWay('through the entry', flow, { ...about, dial: socks }),
    tcpWay('through the entry as a proxy', flow, { ...about, dial: proxied }),
  ];
}

/** The entry's own reply is not the Pod's: silence before it is silence. */
function afterReply(socket: Socket): Duplex {
  const REPLY = 10;
  let seen = 0;
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    const rest = chunk.subarray(Math.min(chunk.length, Math.max(0, REPLY - seen)));
    seen += chunk.length;
    if (rest.length > 0) stream.push(rest);
  });
  socket.on('end', () => stream.push(null));
  socket.resume();
  return stream;
}

async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes !== null) return bytes;
    await once(socket, 'readable');
  }
}

function aliasWays(flow: Flow, about: About): readonly Way[] {
  return aliasesOf(flow, about.running).map(({ from, to, port }) => {
    const dial: Dial = async () => {
      const socket = connect({ host: to, port, localAddress: from });
      await once(socket, 'connect');
      return socket;
    };
    return tcpWay(`over aliases, ${from} to ${to}:${port}`, flow, { ...about, dial });
  });
}
