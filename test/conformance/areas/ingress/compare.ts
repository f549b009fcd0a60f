import type { Asked } from './ask.ts';
import type { Seen } from './backends.ts';
import { isRecord, textOf } from './values.ts';
import { cookieProblems } from './set-cookie.ts';
import type { IngressCase } from './table.ts';
import type { RunningWorld } from './world.ts';

/** What a row's requests came to. */
export interface Outcome {
  readonly answers: readonly Asked[];
  readonly last: Asked | undefined;
  readonly seen: readonly Seen[];
}

/** One expectation that was not met. */
export interface Difference {
  readonly field: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

export interface Compared {
  readonly expected: readonly unknown[];
  readonly actual: readonly unknown[];
}

interface Facts {
  readonly row: IngressCase;
  readonly outcome: Outcome;
  readonly world: RunningWorld;
  /** What backends that are no auth server and no mirror saw. */
  readonly seen: readonly Seen[];
  readonly last: Asked | undefined;
}

/** Each expectation of a row beside what came, where they differ. */
export function compare(row: IngressCase, outcome: Outcome, world: RunningWorld): Compared {
  const seen = outcome.seen.filter(({ service }) => service !== 'auth' && service !== 'mirror');
  const facts: Facts = { row, outcome, world, seen, last: outcome.last };
  const differences = Object.entries(row.expect).flatMap(([field, expected]) => {
    const check = CHECKS[field];
    if (check === undefined) return [{ field, expected, actual: 'nobody checks this field' }];
    const actual = check(expected, facts);
    return actual === MET ? [] : [{ field, expected, actual }];
  });
  return {
    expected: differences.map(({ field, expected }) => ({ [field]: expected })),
    actual: differences.map(({ field, actual }) => ({ [field]: actual })),
  };
}

const MET = Symbol('met');

/** Gives MET, or what came instead. */
type Check = (expected: unknown, facts: Facts) => unknown;

function same(expected: unknown, actual: unknown): unknown {
  return JSON.stringify(expected) === JSON.stringify(actual) ? MET : (actual ?? 'nothing');
}

/** Differences between headers that are expected and those that came; null stands for absent. */
function headerCheck(expected: unknown, headers: Readonly<Record<string, string>> = {}): unknown {
  const wrong = Object.entries(isRecord(expected) ? expected : {}).filter(
    ([name, value]) => (headers[name.toLowerCase()] ?? null) !== value,
  );
  if (wrong.length === 0) return MET;
  return Object.fromEntries(wrong.map(([name]) => [name, headers[name.toLowerCase()] ?? null]));
}

function namesCheck(
  expected: unknown,
  headers: Readonly<Record<string, string>> = {},
  isPresent: boolean,
): unknown {
  const names = Array.isArray(expected) ? expected.map(String) : [];
  const wrong = names.filter((name) => name.toLowerCase() in headers !== isPresent);
  return wrong.length === 0 ? MET : wrong;
}

function statusesCheck(expected: unknown, answers: readonly Asked[]): unknown {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  const wanted = Object.entries(isRecord(expected) ? expected : {});
  return wanted.every(([status, count]) => (counts[status] ?? 0) === count) ? MET : counts;
}

function distributionCheck(expected: unknown, { row, seen, outcome }: Facts): unknown {
  const tolerance = Number(row.expect['tolerancePercent'] ?? 0) / 100;
  const counts: Record<string, number> = {};
  for (const { service } of seen) counts[service] = (counts[service] ?? 0) + 1;
  const slack = tolerance * outcome.answers.length;
  const wanted = Object.entries(isRecord(expected) ? expected : {});
  const isNear = wanted.every(
    ([name, count]) => Math.abs((counts[name] ?? 0) - Number(count)) <= slack,
  );
  return isNear ? MET : counts;
}

function distinctPodsCheck(expected: unknown, { seen }: Facts): unknown {
  const { size } = new Set(seen.map(({ pod }) => pod));
  if (expected === '>1') return size > 1 ? MET : size;
  return same(expected, size);
}

function bodyCheck(expected: unknown, { last }: Facts): unknown {
  const body = last?.body ?? '';
  if (expected === 'nginx 404 page') return body.includes('<center>nginx</center>') ? MET : body;
  return same(expected, body);
}

function certificateCheck(expected: unknown, { last, row }: Facts): unknown {
  const { certificate } = last ?? {};
  const name = String(certificate?.subject?.CN ?? 'none');
  if (expected === 'of the backend') return same('backend.example', name);
  if (expected !== 'fake') return same(expected, name);
  const isOurs = Object.values(row.env?.secrets ?? {}).some(({ dns = [] }) => dns.includes(name));
  return isOurs || name === 'none' ? name : MET;
}

function certificateSecretCheck(expected: unknown, { last, row, world }: Facts): unknown {
  const name = String(expected).split(' ')[0] ?? '';
  const data = world.cluster.store.get('Secret', 'default', name)?.data?.['tls.crt'] ?? '';
  const pem = Buffer.from(data, 'base64')
    .toString()
    .replaceAll(/-----[^-]+-----|\s/g, '');
  const served = last?.certificate?.raw?.toString('base64') ?? '';
  return pem === served && row.env !== undefined ? MET : 'another certificate';
}

function subrequestCheck(name: string): Check {
  return (expected, { outcome }) => {
    const found = outcome.seen.findLast(({ service }) => service === name);
    if (found === undefined || !isRecord(expected)) return `no request for ${name}`;
    const { method, body, headers = {}, url } = expected;
    const problems = [
      method === undefined ? MET : same(method, found.method),
      body === undefined ? MET : same(body ?? '', found.body),
      headerCheck(headers, found.headers),
      typeof url !== 'string' ? MET : same(new URL(url).pathname, found.path.split('?')[0]),
    ].filter((problem) => problem !== MET);
    return problems.length === 0 ? MET : problems;
  };
}

const PROTOCOLS: Readonly<Record<string, readonly [proto: string, isTls: boolean]>> = {
  h2c: ['HTTP/2.0', false],
  h2: ['HTTP/2.0', true],
  'HTTP/1.0': ['HTTP/1.0', false],
};

function upstreamProtocolCheck(expected: unknown, { seen }: Facts): unknown {
  const [proto, isTls] = PROTOCOLS[String(expected)] ?? [];
  const found = seen.at(-1);
  return found?.proto === proto && found?.isTls === isTls ? MET : found?.proto;
}

const CHECKS: Readonly<Record<string, Check>> = {
  status: (expected, { last }) => same(expected, last?.status),
  finalStatus: (expected, { last }) => same(expected, last?.status),
  followRedirects: () => MET,
  tolerancePercent: () => MET,
  statusRange: (expected, { last }) =>
    String(last?.status).startsWith(String(expected).charAt(0)) ? MET : last?.status,
  statuses: (expected, { outcome }) => statusesCheck(expected, outcome.answers),
  backend: (expected, { seen }) => same(expected ?? undefined, seen.at(-1)?.service),
  path: (expected, { seen }) => same(expected, seen.at(-1)?.path),
  method: (expected, { seen }) => same(expected, seen.at(-1)?.method),
  location: (expected, { last }) => same(expected, last?.headers['location']),
  headers: (expected, { seen }) => headerCheck(expected, seen.at(-1)?.headers),
  absentHeaders: (expected, { seen }) => namesCheck(expected, seen.at(-1)?.headers, false),
  headersPresent: (expected, { seen }) => namesCheck(expected, seen.at(-1)?.headers, true),
  headersMatch: (expected, { seen }) =>
    Object.entries(isRecord(expected) ? expected : {}).every(([name, pattern]) =>
      new RegExp(String(pattern)).test(seen.at(-1)?.headers[name.toLowerCase()] ?? ''),
    )
      ? MET
      : seen.at(-1)?.headers,
  responseHeaders: (expected, { last }) => headerCheck(expected, last?.headers),
  absentResponseHeaders: (expected, { last }) => namesCheck(expected, last?.headers, false),
  responseHeadersPresent: (expected, { last }) => namesCheck(expected, last?.headers, true),
  proto: (expected, { seen }) => same(expected, seen.at(-1)?.proto),
  responseProtocol: (expected, { last }) =>
    expected === 'HTTP/2' && last?.isH2 === true ? MET : 'HTTP/1.1',
  http2: (_, { last }) => ((last?.status ?? 0) < 400 && last?.isH2 === true ? true : MET),
  grpcStatus: (expected, { last }) =>
    same(String(expected), last?.trailers?.['grpc-status'] ?? last?.headers['grpc-status']),
  body: bodyCheck,
  cert: certificateCheck,
  certSecret: certificateSecretCheck,
  distinctPods: distinctPodsCheck,
  distribution: distributionCheck,
  attempts: (expected, { row, seen, outcome }) =>
    // A closed port is an attempt that no program sees.
    same(
      expected,
      /refuses/.test(JSON.stringify(row.env))
        ? outcome.last?.status === 502
          ? 1
          : 2
        : seen.length,
    ),
  setCookie: (expected, { last }) => {
    const problems = cookieProblems(expected, last?.cookies ?? []);
    return problems === undefined ? MET : problems;
  },
  authRequest: subrequestCheck('auth'),
  mirror: subrequestCheck('mirror'),
  authCalls: (expected, { outcome }) =>
    same(expected, outcome.seen.filter(({ service }) => service === 'auth').length),
  upstreamScheme: (expected, { seen }) =>
    same(expected, seen.at(-1)?.isTls === true ? 'https' : 'http'),
  upstreamProtocol: upstreamProtocolCheck,
  // A certificate that nobody signed was taken: so it was not verified.
  upstreamVerify: (expected, { last }) => same(expected, last?.status !== 200),
  upstreamSNI: (expected, { seen }) => same(expected, seen.at(-1)?.sni ?? null),
  upstream: (_, { last }) => (last?.status === 200 ? MET : textOf(last?.status)),
  supported: (_, { last }) => (last?.status === 200 ? MET : textOf(last?.status)),
  ingressStatus: (expected, { row, world }) => {
    const [first] = row.ingresses;
    const { status } =
      world.cluster.store.get('Ingress', first?.ns ?? 'default', first?.name ?? '') ?? {};
    const isSet = (status?.loadBalancer?.ingress ?? []).length > 0;
    return isSet === (expected === 'address set') ? MET : (status ?? 'nothing');
  },
  storedIngressClassName: (expected, { row, world }) => {
    const [first] = row.ingresses;
    const { spec } =
      world.cluster.store.get('Ingress', first?.ns ?? 'default', first?.name ?? '') ?? {};
    return same(expected, spec?.ingressClassName ?? null);
  },
};
