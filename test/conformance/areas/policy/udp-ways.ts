import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { ConnectError, type Flow } from '../../../../src/net/index.ts';
import { aliasesOf, type AliasPlace } from './aliases.ts';
import { datagramFor, exchange, isAlive, orSilence, type About } from './control.ts';
import type { Way } from './ways.ts';

/** In process, and over the loopback aliases of both ends. */
export function udpWays(flow: Flow, about: About): readonly Way[] {
  const { port } = about.control.destination;
  const inProcess = async (): Promise<string> => {
    try {
      const channel = about.running.cluster.datapath.associate(flow);
      const answer = await orSilence(exchange(channel, port), about);
      return answer === undefined ? 'deny' : 'allow';
    } catch (error) {
      if (!(error instanceof ConnectError) || error.code !== 'ERR_DROPPED') throw error;
      return (await isAlive(about)) ? 'deny' : 'no control';
    }
  };
  return [
    wayOf('in process', inProcess),
    ...aliasesOf(flow, about.running).map((place) =>
      wayOf(`over aliases, ${place.from} to ${place.to}:${place.port}`, () =>
        askSocket(place, about),
      ),
    ),
  ];
}

/** Each question is a new association. */
function wayOf(name: string, ask: () => Promise<string>): Way {
  return { name, ask, open: async () => async () => (await ask()) === 'allow' };
}

async function askSocket({ from, to, port }: AliasPlace, about: About): Promise<string> {
  const socket = createSocket('udp4');
  try {
    socket.bind(0, from);
    await once(socket, 'listening');
    const answered = once(socket, 'message');
    socket.send(datagramFor(about.control.destination.port), port, to);
    return (await orSilence(answered, about)) === undefined ? 'deny' : 'allow';
  } finally {
    socket.close();
  }
}
