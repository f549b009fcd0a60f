import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import {
  createAnswering,
  decodeMessage,
  encodeMessage,
  failure,
  RCODE,
  routeTo,
  type Resolve,
} from '../../src/dns/index.ts';
import { serveDatagrams } from '../../src/dns/serve-datagrams.ts';
import { SILENT } from '../../src/observe/index.ts';
import { FLAGS, messageWith } from './wire/messages.ts';

const COUNT = 100;

function queryFor(name: string, id: number): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  return encodeMessage(messageWith([], { id, flags, questions: [{ name, type: 1, class: 1 }] }));
}

/** Sends lots of the same question, and resolves to what came, by id. */
async function askMany(port: number, nameOf: (id: number) => string): Promise<Map<number, string>> {
  const socket = createSocket('udp4');
  const seen = new Map<number, string>();
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('message', (datagram) => {
    const { id, questions } = decodeMessage(datagram);
    seen.set(id, questions[0]?.name ?? '');
    if (seen.size === COUNT) resolve();
  });
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  for (let id = 0; id < COUNT; id += 1) socket.send(queryFor(nameOf(id), id));
  await promise;
  socket.close();
  return seen;
}

const spellings = ['web.example.org.', 'WEB.example.org.', 'Web.Example.ORG.'];
const nameOf = (id: number): string => spellings[id % spellings.length] ?? '';

const RESOLVERS: readonly { readonly name: string; readonly resolve: Resolve }[] = [
  {
    name: 'kept answers',
    resolve: () => ({ ...failure(RCODE.NOERROR), isStable: true, isCaseless: true }),
  },
  { name: 'answers of the moment', resolve: () => failure(RCODE.NOERROR) },
  { name: 'answers that come later', resolve: async () => failure(RCODE.NOERROR) },
];
for (const { name, resolve } of RESOLVERS) {
  t.test(`serveDatagrams() gives each of a lot its own reply: ${name}`, async (t) => {
    const answering = createAnswering({ route: routeTo(resolve), revision: () => 1 });
    await using listener = await serveDatagrams({
      address: '127.0.0.1',
      port: 0,
      answering,
      log: SILENT,
    });
    const seen = await askMany(listener.port, nameOf);
    for (let id = 0; id < COUNT; id += 1) t.equal(seen.get(id), nameOf(id));
  });
}

t.test('serveDatagrams() is silent where there is no answer, and goes on', async (t) => {
  const { promise: hasComeTo, resolve: note } = Promise.withResolvers<unknown>();
  const { answerBytes } = createAnswering({ route: routeTo(() => failure(RCODE.NOERROR)) });
  let isFirst = true;
  await using listener = await serveDatagrams({
    address: '127.0.0.1',
    port: 0,
    answering: {
      answerBytes: (octets, client) => {
        if (!isFirst) return answerBytes(octets, client);
        isFirst = false;
        note(undefined);
        return undefined;
      },
    },
    log: SILENT,
  });
  const socket = createSocket('udp4');
  socket.send(queryFor('one.example.org.', 1), listener.port, '127.0.0.1');
  await hasComeTo;
  socket.send(queryFor('two.example.org.', 2), listener.port, '127.0.0.1');
  const [datagram] = (await once(socket, 'message')) as [Buffer];
  t.equal(decodeMessage(datagram).id, 2, 'silence is for one');
  socket.close();
});

t.test('serveDatagrams() answers nobody once it is closed', async (t) => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const { promise: isAsked, resolve: note } = Promise.withResolvers<undefined>();
  const later: Resolve = async () => {
    note(undefined);
    await promise;
    return failure(RCODE.NOERROR);
  };
  const listener = await serveDatagrams({
    address: '127.0.0.1',
    port: 0,
    answering: createAnswering({ route: routeTo(later) }),
    log: SILENT,
  });
  const socket = createSocket('udp4');
  socket.send(queryFor('later.example.org.', 1), listener.port, '127.0.0.1');
  await isAsked;
  await listener.close();
  resolve(undefined);
  await new Promise(setImmediate);
  t.pass('nothing is thrown');
  socket.close();
});
