/** The API server: hostile requests, and what server-side apply must do with any configuration. */
import { strict as assert } from 'node:assert';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { startTestServer, type TestServer } from '../../apiserver/test-server.ts';
import type { Target } from '../target.ts';
import { generateRequest, type HostileRequest } from './generate-request.ts';

/** What a server answers to whatever comes; 500 is for what upstream answers so too. */
const STATUSES = new Set([
  200, 201, 202, 304, 400, 403, 404, 405, 406, 409, 410, 413, 415, 422, 429, 500, 503, 504,
]);

/** Far more than the few names of the recordings make. */
const MAX_OBJECTS = 5000;

let running: Promise<TestServer> | undefined;

/** With the namespace that the recordings are about. */
async function startServer(): Promise<TestServer> {
  const server = await startTestServer();
  server.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gold' } });
  return server;
}

const agent = new Agent({ keepAlive: true, maxSockets: 2 });

interface Outcome {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function send(hostile: HostileRequest): Promise<Outcome> {
  running ??= startServer();
  const { server, credentials, token } = await running;
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const outgoing = request(
    {
      host: server.address,
      port: server.port,
      ca: credentials.ca,
      agent,
      method: hostile.method,
      path: hostile.path,
      headers: {
        ...hostile.headers,
        authorization: `Bearer ${token}`,
        'content-length': hostile.body.length,
      },
    },
    (incoming) => {
      text(incoming).then(
        (body) =>
          resolve({
            status: incoming.statusCode ?? 0,
            type: incoming.headers['content-type'] ?? '',
            body,
          }),
        reject,
      );
    },
  );
  outgoing.once('error', reject);
  outgoing.end(hostile.body);
  return promise;
}

/** It is answered, with a status that says what is wrong, and the server goes on. */
export async function checkRequest(hostile: HostileRequest): Promise<void> {
  const { status, type, body } = await send(hostile);
  assert.ok(STATUSES.has(status), `status ${status}`);
  assert.ok(!body.includes('Internal error occurred'), body);
  if (status < 400 || hostile.method === 'HEAD' || type !== 'application/json') return;
  const told = JSON.parse(body) as { kind?: string; code?: number; message?: string };
  assert.equal(told.kind, 'Status', body);
  assert.equal(told.code, status, body);
  assert.notEqual(told.message ?? '', '', body);
  const { store } = await (running ?? startServer());
  assert.ok(store.list<string>('*').length < MAX_OBJECTS, 'the store grows without end');
  assert.equal(({} as { polluted?: unknown }).polluted, undefined, 'prototypes are changed');
}

/** Ends what the checks started. */
export async function close(): Promise<void> {
  agent.destroy();
  await (await running)?.[Symbol.asyncDispose]();
  running = undefined;
}

function showRequest({ method, path, headers, body }: HostileRequest): string {
  return `${method} ${path} ${JSON.stringify(headers)} ${body.toString('base64')}`;
}

const requests: Target<HostileRequest> = {
  name: 'requests',
  generate: generateRequest,
  check: checkRequest,
  show: showRequest,
};

export const targets: readonly Target[] = [
  requests as unknown as Target, // what it generates is what it checks
];
