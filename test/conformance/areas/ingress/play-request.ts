import type { CaseResult } from '../../area.ts';
import { ask, type Asked, type AskOptions } from './ask.ts';
import { compare, type Outcome } from './compare.ts';
import type { IngressCase } from './table.ts';
import { startWorld, type RunningWorld } from './world.ts';

/** Plays a row's request over real HTTP or HTTPS against the running program. */
export async function playRequest(given: IngressCase): Promise<CaseResult> {
  const row = prepare(given);
  const { id, group } = row;
  await using world = await startWorld(row, true);
  let outcome: Outcome;
  try {
    outcome = await outcomeOf(row, world);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    if (
      row.expect['tlsHandshake'] === 'refused' &&
      /alert|protocol|handshake|ECONNRESET/i.test(what)
    )
      return { id, title: group, ok: true };
    return { id, title: group, ok: false, expected: row.expect, actual: what };
  }
  const { expected, actual } = compare(row, outcome, world);
  return { id, title: group, ok: expected.length === 0, expected, actual };
}

/** What stands for names outside of the table: Services of the cluster, the loopback client. */
function prepare(row: IngressCase): IngressCase {
  const text = JSON.stringify(row)
    .replaceAll('auth.svc/', 'auth.default.svc.cluster.local/')
    .replaceAll('"auth.svc"', '"auth.default.svc.cluster.local"')
    .replaceAll('external.example', 'external.default.svc.cluster.local')
    .replaceAll(/(?:mirror|slow)\.example|10\.0\.0\.5(?=\/)/g, 'mirror.default.svc.cluster.local')
    .replaceAll('$client', '127.0.0.1')
    .replaceAll('(status address)', '127.0.0.1');
  const prepared = withDefaultBackend(JSON.parse(text) as IngressCase); // of the same form
  const clientIP =
    prepared.request.clientIP ?? (text.includes('192.0.2.') ? '192.0.2.10' : undefined);
  if (clientIP === undefined) return prepared;
  // Loopback has no such clients: a trusted proxy tells of them.
  return {
    ...prepared,
    env: {
      ...prepared.env,
      configmap: { ...prepared.env?.configmap, 'use-forwarded-headers': 'true' },
    },
    request: {
      ...prepared.request,
      headers: { ...prepared.request.headers, 'X-Forwarded-For': clientIP },
    },
  };
}

/** The default backend of the controller can only be watched where it is a Service. */
function withDefaultBackend(row: IngressCase): IngressCase {
  if (row.expect['backend'] !== '(controller default backend)') return row;
  const { env = {} } = row;
  const flags = { ...env.flags, 'default-backend-service': 'default/controller-default' };
  return {
    ...row,
    env: { ...env, flags },
    expect: { ...row.expect, backend: 'controller-default' },
  };
}

/** Where one endpoint of two is bad, each request begins at the other one: until the bad one had its turn. */
async function untilBadTurn(
  options: AskOptions,
  { backends }: RunningWorld,
  attempts: number,
): Promise<Outcome> {
  for (let tried = 1; ; tried += 1) {
    const before = backends.seen.length;
    const answer = await ask(options);
    const seen = backends.seen.slice(before);
    if (seen.length >= attempts || tried === MAX_TURNS)
      return { answers: [answer], last: answer, seen };
  }
}

const MAX_TURNS = 8;

async function outcomeOf(row: IngressCase, world: RunningWorld): Promise<Outcome> {
  const { request, expect } = row;
  const options: AskOptions = {
    row: request,
    port: request.scheme === 'https' ? world.httpsPort : world.httpPort,
    clientCertificate:
      request.clientCert === undefined ? undefined : await world.authority.issue(['client']),
  };
  const { attempts } = expect;
  if (typeof attempts === 'number' && /one answers/.test(JSON.stringify(row.env)))
    return untilBadTurn(options, world, attempts);
  const answers = await askAll(options);
  let [last] = answers.slice(-1);
  if (expect['followRedirects'] === true && last !== undefined)
    last = await follow(last, options, world);
  return { answers, last, seen: world.backends.seen };
}

async function askAll(options: AskOptions): Promise<Asked[]> {
  const { repeat = 1, parallel = false, clientIPs = 1, keepCookies = false } = options.row;
  const addressOf = (index: number): string | undefined =>
    clientIPs > 1 ? `127.0.0.${2 + (index % clientIPs)}` : undefined;
  if (parallel)
    return Promise.all(
      Array.from({ length: repeat }, (_, index) =>
        ask({ ...options, localAddress: addressOf(index) }),
      ),
    );
  const answers: Asked[] = [];
  let cookie: string | undefined;
  for (let index = 0; index < repeat; index += 1) {
    const answer = await ask({ ...options, cookie });
    if (keepCookies) cookie = answer.cookies[0]?.split(';')[0] ?? cookie;
    answers.push(answer);
  }
  return answers;
}

async function follow(answer: Asked, options: AskOptions, world: RunningWorld): Promise<Asked> {
  const { location } = answer.headers;
  if (location === undefined || answer.status < 300 || answer.status > 399) return answer;
  const url = new URL(location);
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const row = {
    ...options.row,
    scheme,
    host: url.host,
    path: `${url.pathname}${url.search}`,
  } as const;
  const port = scheme === 'https' ? world.httpsPort : world.httpPort;
  return ask({ ...options, row, port });
}
