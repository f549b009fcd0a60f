/** A plain client of the API server. */
import { request, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { TestServer } from './test-server.ts';

export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request on a connection of its own, with the administrator's token. */
export async function ask(server: TestServer, question: Question): Promise<Answer> {
  const { method = 'GET', path, headers = {}, body } = question;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const options: RequestOptions = {
    host: server.server.address,
    port: server.server.port,
    ca: server.credentials.ca,
    agent: false,
    method,
    path,
    headers: {
      authorization: `Bearer ${server.token}`,
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    },
  };
  const outgoing = request(options, (incoming) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', reject);
    incoming.on('end', () =>
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        text: Buffer.concat(chunks).toString(),
      }),
    );
  });
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

/** The JSON of an answer. */
export async function askJson<T>(server: TestServer, question: Question): Promise<T> {
  const { text } = await ask(server, question);
  return JSON.parse(text) as T;
}
