import type { Socket } from 'node:net';
import { ConnectError, PodlaneError, splice } from '../net/index.ts';
import {
  encodeReply,
  parseGreeting,
  parseLogin,
  parseRequest,
  SOCKS_COMMAND,
  SOCKS_METHOD,
  SOCKS_REPLY,
  type SocksMessage,
  type SocksReply,
} from './socks.ts';
import type { Dialled, EntryDial } from './target.ts';

/** The longest message: a request with a name of 255 bytes, or a login of twice that. */
const MAX_MESSAGE_BYTES = 513;

/**
 * Serves one SOCKS5 client from its first byte on: greeting, login, CONNECT, then bytes both ways.
 *
 * ```
 * greeting ──▶ method ──▶ [login ──▶ ok] ──▶ request ──▶ reply ──▶ bytes
 * ```
 */
export async function serveSocks(socket: Socket, dial: EntryDial): Promise<void> {
  const ended = new AbortController();
  socket.once('close', () => ended.abort());
  try {
    const greeting = await readMessage(socket, parseGreeting);
    if (greeting.kind !== 'greeting') return void socket.destroy();
    const user = await authenticate(socket, greeting.methods);
    const request = await readMessage(socket, parseRequest);
    if (request.kind === 'malformed') return refuse(socket, request.reply);
    if (request.kind !== 'request') return void socket.destroy();
    if (request.command !== SOCKS_COMMAND.Connect)
      return refuse(socket, SOCKS_REPLY.CommandNotSupported);
    const { host, port } = request;
    const dialled = await dialOrRefuse(socket, () =>
      dial({ host, port, user, client: socket.remoteAddress ?? '' }, ended.signal),
    );
    if (dialled === undefined) return undefined;
    socket.write(encodeReply(SOCKS_REPLY.Succeeded));
    await splice(socket, dialled.connection);
  } catch {
    socket.destroy(); // the client went away in mid-handshake, or sent no SOCKS
  }
  return undefined;
}

async function authenticate(
  socket: Socket,
  methods: readonly number[],
): Promise<string | undefined> {
  if (methods.includes(SOCKS_METHOD.UserPassword)) {
    socket.write(Buffer.from([5, SOCKS_METHOD.UserPassword]));
    const login = await readMessage(socket, parseLogin);
    if (login.kind !== 'login') throw new Error('no login');
    socket.write(Buffer.from([1, 0]));
    return login.user === '' ? undefined : login.user;
  }
  if (!methods.includes(SOCKS_METHOD.None)) {
    socket.end(Buffer.from([5, SOCKS_METHOD.NoneAcceptable]));
    throw new Error('no acceptable method');
  }
  socket.write(Buffer.from([5, SOCKS_METHOD.None]));
  return undefined;
}

/** A dropped connection is silence here too: the client waits until it gives up. */
async function dialOrRefuse(
  socket: Socket,
  dial: () => Promise<Dialled>,
): Promise<Dialled | undefined> {
  try {
    return await dial();
  } catch (error) {
    if (!(error instanceof PodlaneError)) refuse(socket, SOCKS_REPLY.GeneralFailure);
    else if (error.code !== 'ERR_DROPPED') refuse(socket, replyOf(error));
    return undefined;
  }
}

function replyOf(error: PodlaneError): SocksReply {
  if (error instanceof ConnectError && error.code === 'ERR_REFUSED')
    return SOCKS_REPLY.ConnectionRefused;
  return SOCKS_REPLY.HostUnreachable;
}

function refuse(socket: Socket, reply: SocksReply): void {
  socket.end(encodeReply(reply));
}

/** Reads until `parse` has a whole message; what follows it goes back to the socket. */
async function readMessage(
  socket: Socket,
  parse: (bytes: Buffer) => SocksMessage,
): Promise<SocksMessage> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    bytes = Buffer.concat([bytes, await readSome(socket)]);
    const message = parse(bytes);
    if (message.kind === 'incomplete') {
      if (bytes.length > MAX_MESSAGE_BYTES) throw new Error('message too long');
      continue;
    }
    if (message.kind !== 'malformed' && message.length < bytes.length)
      socket.unshift(bytes.subarray(message.length));
    return message;
  }
}

function readSome(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tryRead = (): void => {
      const chunk: unknown = socket.read();
      if (Buffer.isBuffer(chunk)) settle(() => resolve(chunk));
      else if (socket.readableEnded || socket.destroyed) fail();
    };
    const fail = (): void => settle(() => reject(new Error('the client left')));
    const settle = (then: () => void): void => {
      socket.off('readable', tryRead).off('end', fail).off('close', fail).off('error', fail);
      then();
    };
    socket.on('readable', tryRead).on('end', fail).on('close', fail).on('error', fail);
    tryRead();
  });
}
