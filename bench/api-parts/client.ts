/** Requests to an API server over HTTP/2, on as many connections as wanted. */
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';

/** Where a server is and how it knows us. */
export interface Address {
  readonly url: string;
  readonly token: string;
}

export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
}

export interface Client extends Disposable {
  /** The body. @throws Error for statuses that are failures. */
  ask(question: Question): Promise<Buffer>;
  /** A stream that goes on, once it has begun. */
  open(path: string): Promise<ClientHttp2Stream>;
}

export function createClient({ url, token }: Address, connections = 1): Client {
  const sessions = Array.from({ length: connections }, () => openSession(url));
  let turn = 0;
  const next = (): ClientHttp2Session => {
    turn += 1;
    const session = sessions[turn % connections];
    if (session === undefined) throw new Error('no connection');
    return session;
  };
  const send = ({
    method = 'GET',
    path,
    accept,
    contentType,
    body,
  }: Question): ClientHttp2Stream => {
    const stream = next().request({
      ':method': method,
      ':path': path,
      authorization: `Bearer ${token}`,
      accept: accept ?? 'application/json',
      ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
    });
    stream.end(body);
    return stream;
  };
  return {
    ask: async (question) => {
      const stream = send(question);
      const status = statusOf(stream);
      // A broken connection is told by the body.
      status.catch(() => {});
      const chunks: Buffer[] = [];
      for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if ((await status) >= 400) throw new Error(`${question.path}: ${bytes.toString()}`);
      return bytes;
    },
    open: async (path) => {
      const stream = send({ path });
      const status = await statusOf(stream);
      if (status !== 200) throw new Error(`${path}: ${status}`);
      return stream;
    },
    [Symbol.dispose]: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

function openSession(url: string): ClientHttp2Session {
  const session = connect(url, {
    rejectUnauthorized: false,
    settings: { initialWindowSize: 1 << 20 },
  });
  session.on('connect', () => session.setLocalWindowSize(1 << 24));
  // Those who wait for an answer are told by their stream.
  session.on('error', () => {});
  return session;
}

function statusOf(stream: ClientHttp2Stream): Promise<number> {
  return new Promise((resolve, reject) => {
    stream.once('response', (headers) => resolve(Number(headers[':status'])));
    stream.once('error', reject);
  });
}
