/** Clients of TLS, and hosts that ask them for certificates. */
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import type { ClientTls } from '../../src/ingress/route-policy.ts';
import type { ServerNames } from '../../src/ingress/index.ts';
import {
  createAuthority,
  type Authority,
  type Pair,
} from '../conformance/areas/ingress/certificates.ts';
import type { World } from './world.ts';

export const authority: Authority = await createAuthority();
export const otherAuthority: Authority = await createAuthority('strangers');
export const client: Pair = await authority.issue(['client']);
/** Nobody here knows who signed it. */
export const stranger: Pair = await otherAuthority.issue(['client']);

/** A host that asks for certificates of `authority`. */
export function clientTls(facts: Partial<ClientTls> = {}): ClientTls {
  return { verify: 'on', ca: authority.certificate, isCertificatePassed: false, ...facts };
}

/** What every name asks, or the names that are given. */
export function serverNames(facts: Partial<ServerNames>): { readonly serverNames: ServerNames } {
  return {
    serverNames: {
      isNeeded: () => true,
      clientTlsFor: () => undefined,
      passthroughFor: () => undefined,
      ...facts,
    },
  };
}

export interface Answer {
  readonly status: number | undefined;
  readonly location: string | undefined;
  readonly body: string;
  /** That the backend saw, where it was asked. */
  readonly headers: IncomingHttpHeaders;
}

export interface AskFacts extends Pick<ConnectionOptions, 'minVersion' | 'maxVersion' | 'session'> {
  readonly pair?: Pair | undefined;
  readonly servername?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a client connects. */
export function secured(
  { httpsPort: port }: Pick<World, 'httpsPort'>,
  { pair, headers: _headers, ...facts }: AskFacts,
): ConnectionOptions {
  return {
    host: '127.0.0.1',
    port,
    servername: 'shop.example',
    rejectUnauthorized: false,
    ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
    ...facts,
  };
}

/** Asks on a connection of its own. */
export async function ask(w: World, facts: AskFacts = {}): Promise<Answer> {
  const request = httpsRequest({
    ...secured(w, facts),
    agent: false,
    headers: { Host: 'shop.example', ...facts.headers },
  });
  request.end();
  const [response] = await once(request, 'response');
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return {
    status: response.statusCode,
    location: response.headers.location,
    body,
    headers: body.startsWith('{') ? JSON.parse(body).headers : {},
  };
}

/** Opens a connection. */
export async function open(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect(options);
  await once(socket, 'secureConnect');
  return socket;
}

export interface SecureBackend extends AsyncDisposable {
  readonly port: number;
}

/** Answers over TLS with the bytes that it gets. */
export async function secureEcho(name: string): Promise<SecureBackend> {
  const { certificate: cert, key } = await authority.issue([name]);
  const server = createServer({ cert, key }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
