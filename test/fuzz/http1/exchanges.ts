/** The same bytes through a running ingress: what its backend and its client get, read by llhttp. */
import { connect, type Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { world, type World } from '../../ingress/world.ts';
import { readWithFraming } from './framing.ts';
import type { Connection } from './generate.ts';
import { readWithLlhttp, type Message, type Reading } from './llhttp.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let served: Promise<World> | undefined;
/** What the backend says to the first bytes of a connection; undefined answers each request. */
let script: Buffer | undefined;
/** What came on each of the backend's connections since the input began. */
const received = new Map<Socket, Buffer>();

function start(): Promise<World> {
  served ??= world({ raw: answer });
  return served;
}

/** Ends the ingress. */
export async function close(): Promise<void> {
  const running = await served;
  served = undefined;
  await running?.[Symbol.asyncDispose]();
}

function answer(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  socket.once('close', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    const before = received.get(socket) ?? Buffer.alloc(0);
    const all = Buffer.concat([before, chunk]);
    received.set(socket, all);
    if (script !== undefined) {
      if (before.length === 0) socket.end(script);
      return;
    }
    const count = (bytes: Buffer): number => readWithFraming(bytes, REQUEST).messages.length;
    socket.write(OK.repeat(count(all) - count(before)), 'latin1');
  });
}

const REQUEST = { kind: 'request' } as const;

/** Sends bytes, says that no more will come, and gathers what comes back. */
async function exchange(bytes: Buffer): Promise<Buffer> {
  const { port } = await start();
  received.clear();
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const pieces: Buffer[] = [];
  socket.on('error', () => undefined).on('data', (piece: Buffer) => pieces.push(piece));
  socket.on('end', () => socket.destroy());
  socket.end(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(pieces);
}

/** @throws Error when the backend gets other requests than the client sent, or the client an answer that is none. */
export async function checkForwarding({ bytes }: Connection): Promise<void> {
  script = undefined;
  const sent = readWithFraming(bytes, REQUEST);
  const answers = await exchange(bytes);
  const wanted = sent.messages.map(essence);
  let at = 0;
  for (const segment of received.values()) {
    const read = readWithLlhttp(segment, REQUEST);
    // What turns out to be malformed after it was passed on is cut off.
    const isWhole = sent.rest === 'nothing' || sent.rest === 'closed';
    if (read.rest === 'refused' && isWhole && read.why !== 'HPE_INVALID_METHOD')
      throw new Error(`the backend is sent ${JSON.stringify(segment.toString('latin1'))}`);
    for (const message of read.messages) {
      while (at < wanted.length && !isDeepStrictEqual(wanted[at], essence(message))) at += 1;
      if (at === wanted.length)
        throw new Error(`the backend got ${JSON.stringify(message)} of ${JSON.stringify(wanted)}`);
      at += 1;
    }
  }
  const methods = sent.messages.map(({ first }) => first.split(' ')[0] ?? '');
  // A request that is refused in its body may have been HEAD, which is answered without one.
  const isAnswer = ['GET', 'HEAD'].some((last) => {
    const options = { kind: 'response', methods: [...methods, last], isEnded: true } as const;
    const read = readWithLlhttp(answers, options);
    return read.rest !== 'refused' && read.messages.length <= sent.messages.length + 1;
  });
  if (!isAnswer)
    throw new Error(`the client is answered ${JSON.stringify(answers.toString('latin1'))}`);
}

/** What must be the same on both sides. */
function essence({ first, body }: Message): readonly string[] {
  const [method, target = ''] = first.split(' ');
  return [method ?? '', target.replace(/^https?:\/\/[^/?]*(?=[/?]|$)/i, ''), body];
}

const GET = Buffer.from('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');

/** @throws Error when a client takes for whole what its backend left unfinished, or reads another answer. */
export async function checkAnswering({ bytes }: Connection): Promise<void> {
  script = bytes;
  const options = { kind: 'response', methods: ['GET'], isEnded: true } as const;
  const given = finalOf(readWithFraming(bytes, options));
  const answers = await exchange(GET);
  const reading = readWithLlhttp(answers, options);
  const got = finalOf(reading);
  const told = JSON.stringify([bytes.toString('latin1'), answers.toString('latin1')]);
  // What is found to be malformed after it was passed on breaks off.
  if (reading.rest === 'refused' && given !== undefined)
    throw new Error(`the client is sent ${told}`);
  if (given === undefined && got !== undefined && got.first !== '502')
    throw new Error(`unfinished, and passed on as whole: ${told}`);
  if (given !== undefined && got === undefined) throw new Error(`whole, and cut: ${told}`);
  if (given !== undefined && !isDeepStrictEqual([given.first, given.body], [got?.first, got?.body]))
    throw new Error(`changed: ${told}`);
}

/** The first response that is not interim; one that switches protocols unasked is none. */
function finalOf({ messages }: Reading): Message | undefined {
  return messages.find(({ first }) => Number(first) >= 200);
}
