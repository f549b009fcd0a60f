/** The two servers that are asked the same: kube-apiserver in a process of its own, podlane's in this one. */
import { Agent, request } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import { findBinary, startUpstream } from '../../../bench/api-parts/parties.ts';
import { startTestServer } from '../test-server.ts';
import type { Answer } from './compare.ts';

/** One request, as both get it. */
export interface Question {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects go as JSON. */
  readonly body?: unknown;
  /** The body instead: what the server answered to the last request that made something, with a change. */
  readonly edit?: (made: unknown) => unknown;
  /** Asked again until the answer has this status. */
  readonly until?: number;
  /** Whether the answers may differ: what was asked before shows in them. */
  readonly isSilent?: boolean;
}

/** Questions that see what the earlier ones of them did, and no others'. */
export interface Group {
  readonly group: string;
  readonly questions: readonly Question[];
}

/** Asks one server. */
export type Ask = (question: Question) => Promise<Answer>;

export interface Both extends AsyncDisposable {
  readonly theirs: Ask;
  readonly ours: Ask;
}

/** Streams that do not end by themselves are cut here. */
const PATIENCE_MS = 4000;

/** For what a server does after its answer. */
const PAUSE_MS = 100;
const TRIES = 100;

/** What a default cluster runs with, and every version of the API. */
const FLAGS = [
  '--authorization-mode',
  'RBAC',
  '--disable-admission-plugins',
  'ServiceAccount',
  '--allow-privileged',
];

/** Undefined where the machine has no kube-apiserver. */
export async function startBoth(): Promise<Both | undefined> {
  const [apiserver, etcd] = [findBinary('kube-apiserver'), findBinary('etcd')];
  if (apiserver === undefined || etcd === undefined) return undefined;
  const upstream = await startUpstream({ apiserver, etcd, flags: FLAGS });
  const own = await startTestServer();
  const url = new URL(upstream.address.url);
  const agents = [
    new Agent({ keepAlive: true, maxSockets: 1 }),
    new Agent({ keepAlive: true, maxSockets: 1 }),
  ] as const;
  return {
    theirs: asker(agents[0], {
      host: url.hostname,
      port: Number(url.port),
      token: upstream.address.token,
    }),
    ours: asker(agents[1], { host: own.server.address, port: own.server.port, token: own.token }),
    [Symbol.asyncDispose]: async () => {
      for (const agent of agents) agent.destroy();
      await own[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

/** Asks a server, and remembers what it made. */
function asker(agent: Agent, place: Place): Ask {
  const send = sender(agent, place);
  let made: unknown;
  return async ({ edit, until, ...question }) => {
    let answer = await send(edit === undefined ? question : { ...question, body: edit(made) });
    const isAwaited = (): boolean => until !== undefined && answer.status !== until;
    for (let tries = 0; isAwaited() && tries < TRIES; tries += 1) {
      await setTimeout(PAUSE_MS);
      answer = await send(question);
    }
    if (question.method === 'POST' && answer.status === 201) made = JSON.parse(answer.text);
    return answer;
  };
}

function sender(agent: Agent, { host, port, token }: Place): Ask {
  return async ({ method, path, headers = {}, body }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const sent =
      body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const outgoing = request(
      {
        host,
        port,
        agent,
        method,
        path,
        rejectUnauthorized: false, // both made their certificates themselves
        headers: {
          authorization: `Bearer ${token}`,
          'user-agent': 'differential/1',
          accept: 'application/json',
          ...(sent !== undefined && {
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(sent)),
          }),
          ...headers,
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          resolve({
            status: incoming.statusCode ?? 0,
            contentType: incoming.headers['content-type'] ?? '',
            warning: incoming.headers['warning'] ?? '',
            text: Buffer.concat(chunks).toString(),
          });
        });
      },
    );
    // A server that hangs up is an answer, too.
    outgoing.on('error', (error) => {
      resolve({ status: 0, contentType: '', warning: '', text: error.message });
    });
    outgoing.setTimeout(PATIENCE_MS, () => outgoing.destroy(new Error('no answer in time')));
    outgoing.end(sent);
    return promise;
  };
}
