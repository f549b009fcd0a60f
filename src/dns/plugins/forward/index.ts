/** Names of the world outside: asked of upstream servers. */
import { PodlaneError } from '../../../net/index.ts';
import { SYSTEM_CLOCK, type Clock } from '../../../observe/index.ts';
import { failure, type Answer } from '../../answer.ts';
import type { Plugin } from '../../chain.ts';
import { absolute, isInZone } from '../../names.ts';
import type { Query } from '../../query.ts';
import {
  decodeMessage,
  encodeMessage,
  OPCODE,
  RCODE,
  rcodeName,
  WireError,
} from '../../wire/index.ts';
import {
  createTcpTransport,
  createUdpTransport,
  type ExchangeOptions,
  type Transport,
} from './exchange.ts';
import type { ForwardMetrics } from './metrics.ts';
import type { Policy } from './policy.ts';
import { Proxy, type HealthCheck } from './proxy.ts';
import { formatUpstream, type Upstream } from './upstream.ts';

export { createUdpTransport } from './exchange.ts';
export { formatUpstream, parseUpstream, type Upstream } from './upstream.ts';

export interface ForwardOptions {
  /** At most 15. */
  readonly upstreams: readonly Upstream[];
  /** Names to forward. @default '.' */
  readonly from?: string;
  /** Names below `from` that go to the next plugin instead. @default none */
  readonly except?: readonly string[];
  /** The order in which they are asked. @default as they stand */
  readonly policy?: Policy;
  /** Failed checks in a row after which an upstream is left out; 0 never leaves one out. @default 2 */
  readonly maxFails?: number;
  /** Tries for one query that may fail; 0 as many as there is time for. @default two for each upstream */
  readonly maxConnectAttempts?: number;
  /** @default '.', with recursion, each half second */
  readonly healthCheck?: HealthCheck;
  /** Ask over TCP whatever the client used. @default false */
  readonly forceTcp?: boolean;
  /** Ask over UDP first whatever the client used, over TCP when the answer was truncated. @default false */
  readonly preferUdp?: boolean;
  /** More queries at once are refused; 0 is no limit. @default 1000 */
  readonly maxConcurrent?: number;
  /** For one try. @default 2000 */
  readonly timeoutMs?: number;
  /** How long a way to an upstream stays open unused. @default 10000 */
  readonly expireMs?: number;
  /** Codes for which another upstream is tried. @default none */
  readonly failover?: ReadonlySet<number>;
  /** Whether an answer is left to the next plugin. @default never */
  readonly isForNext?: (answer: Answer) => boolean;
  /** SERVFAIL at once when all upstreams are down. @default false */
  readonly isFailfast?: boolean;
  /** The way to an upstream where it is another than UDP and TCP. @default none */
  readonly streamTo?: (
    upstream: Upstream,
    optionsFor: (proto: string) => ExchangeOptions,
  ) => Transport | undefined;
  /** Addresses of our own: upstreams among them are not asked, since they would ask us again. @default none */
  readonly ownAddresses?: () => readonly Upstream[];
  /** @default nothing is counted */
  readonly metrics?: ForwardMetrics;
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock;
  /** At least 0, below 1; chooses message ids, and an upstream when all are down. */
  readonly random: () => number;
}

export interface Forward extends Disposable {
  readonly plugin: Plugin;
}

/** For one query, all tries together. */
const DEADLINE_MS = 5000;
const MAX_FAILS = 2;
const TRIES_PER_UPSTREAM = 2;
const TIMEOUT_MS = 2000;
const HEALTH_CHECK: HealthCheck = { intervalMs: 500, isRecursionDesired: true, domain: '.' };

/**
 * Forwards queries and passes answers on as they come: flags, EDNS, case and unknown types kept.
 *
 * Over the client's own transport, so that a truncated answer makes the client ask again over TCP. An upstream that
 * fails is checked until it answers, and left out while it does not.
 */
export function createForward(options: ForwardOptions): Forward {
  const { clock = SYSTEM_CLOCK, maxConcurrent = 1000, ownAddresses = () => [], metrics } = options;
  const from = absolute((options.from ?? '.').toLowerCase());
  const except = (options.except ?? []).map((zone) => absolute(zone.toLowerCase()));
  const proxies = options.upstreams.map((upstream) => createProxy(upstream, options, clock));
  let concurrent = 0;
  const isForwarded = (qname: string): boolean =>
    isInZone(qname, from) && (qname === from || !except.some((zone) => isInZone(qname, zone)));

  const plugin: Plugin = (query, next) => {
    if (!isForwarded(query.qname)) return next(query);
    const own = new Set(ownAddresses().map(formatUpstream));
    const usable = proxies.filter(({ upstream }) => !own.has(formatUpstream(upstream)));
    const isFull = maxConcurrent > 0 && concurrent >= maxConcurrent;
    const refusal = refusalOf(usable, isFull ? maxConcurrent : undefined);
    if (refusal !== undefined) {
      if (isFull) metrics?.rejected.inc();
      query.explain?.({ part: 'forward', outcome: 'fail', what: refusal });
      return { ...failure(RCODE.REFUSED), error: refusal };
    }
    concurrent += 1;
    const answer = forward(query, { proxies: usable, options, clock }).finally(() => {
      concurrent -= 1;
    });
    return orNext(answer, () => next(query));
  };
  return {
    plugin,
    [Symbol.dispose]: () => {
      for (const proxy of proxies) proxy[Symbol.dispose]();
    },
  };
}

async function orNext(
  answer: Promise<Answer | 'next'>,
  next: () => ReturnType<Plugin>,
): Promise<Answer | undefined> {
  const found = await answer;
  return found === 'next' ? await next() : found;
}

function refusalOf(proxies: readonly Proxy[], limit: number | undefined): string | undefined {
  if (proxies.length === 0) return 'no upstream but this server itself';
  return limit === undefined ? undefined : `concurrent queries exceeded maximum ${limit}`;
}

interface ForwardContext {
  /** At least one. */
  readonly proxies: readonly Proxy[];
  readonly options: ForwardOptions;
  readonly clock: Clock;
}

/** Upstreams in order, again and again, until one answers or the time or the tries are over. */
async function forward(query: Query, context: ForwardContext): Promise<Answer | 'next'> {
  const { proxies, options, clock } = context;
  const { failover, isForNext, maxFails = MAX_FAILS } = options;
  const deadline = clock.now() + DEADLINE_MS;
  const choose = chooser(context);
  let triesLeft = triesOf(options, proxies.length);
  let failoversLeft = proxies.length - 1;
  let error = 'no healthy proxies';
  while (triesLeft > 0) {
    const remainingMs = deadline - clock.now();
    const proxy = choose();
    if (proxy === undefined || remainingMs <= 0) break;
    const answer = await tryProxy(proxy, query, { ...context, remainingMs });
    if (answer instanceof PodlaneError) {
      error = answer.message;
      triesLeft -= 1;
      if (maxFails > 0) proxy.check();
    } else if (failoversLeft > 0 && failover?.has(answer.rcode) === true) failoversLeft -= 1;
    else return isForNext?.(answer) === true ? 'next' : answer;
  }
  return { ...failure(RCODE.SERVFAIL), error };
}

function triesOf({ maxConnectAttempts }: ForwardOptions, upstreams: number): number {
  if (maxConnectAttempts === undefined) return TRIES_PER_UPSTREAM * upstreams;
  return maxConnectAttempts === 0 ? Infinity : maxConnectAttempts;
}

/** The next upstream that is not down; any when all are, or none where that is not wanted. */
function chooser({ proxies, options }: ForwardContext): () => Proxy | undefined {
  const { policy = IN_ORDER, maxFails = MAX_FAILS, isFailfast, metrics, random } = options;
  const order = policy(proxies);
  let at = 0;
  return () => {
    for (let count = 0; count < order.length; count += 1) {
      const proxy = order[at % order.length];
      at += 1;
      if (proxy?.isDown(maxFails) === false) return proxy;
    }
    metrics?.broken.inc();
    return isFailfast === true ? undefined : order[Math.floor(random() * order.length)];
  };
}

const IN_ORDER: Policy = (upstreams) => upstreams;

async function tryProxy(
  proxy: Proxy,
  query: Query,
  { options, clock, remainingMs }: ForwardContext & { readonly remainingMs: number },
): Promise<Answer | PodlaneError> {
  const name = formatUpstream(proxy.upstream);
  const startedAt = clock.now();
  const timeoutMs = Math.min(options.timeoutMs ?? TIMEOUT_MS, remainingMs);
  try {
    const answer = await ask(query, proxy, { ...options, timeoutMs });
    proxy.metrics?.answered(rcodeName(answer.rcode), (clock.now() - startedAt) / 1000);
    query.explain?.({ part: 'forward', outcome: 'pass', what: `answer of upstream ${name}` });
    query.metadata?.set('forward/upstream', () => name);
    return answer;
  } catch (error) {
    if (!(error instanceof PodlaneError)) throw error;
    query.explain?.({ part: 'forward', outcome: 'fail', what: error.message });
    return error;
  }
}

async function ask(
  query: Query,
  { datagram, stream }: Proxy,
  options: ForwardOptions & { readonly timeoutMs: number },
): Promise<Answer> {
  const { timeoutMs } = options;
  const { transport } = query.client;
  const isOverTcp = options.forceTcp === true || (transport === 'tcp' && !options.preferUdp);
  const exchange = isOverTcp ? stream : datagram;
  const answer = readAnswer(query, await exchange(encodeQuery(query), timeoutMs));
  const mayRetry = !isOverTcp && (options.preferUdp === true || transport === 'internal');
  if (answer.isTruncated !== true || !mayRetry) return answer;
  return readAnswer(query, await stream(encodeQuery(query), timeoutMs));
}

/** The query as the client asked it, OPT record included. */
function encodeQuery({ name, qtype, qclass, edns, ...query }: Query): Buffer {
  return encodeMessage({
    id: 0,
    flags: {
      isResponse: false,
      opcode: OPCODE.QUERY,
      isAuthoritative: false,
      isTruncated: false,
      isRecursionDesired: query.isRecursionDesired,
      isRecursionAvailable: false,
      isAuthentic: query.isAuthentic,
      isCheckingDisabled: query.isCheckingDisabled,
      rcode: RCODE.NOERROR,
    },
    questions: [{ name, type: qtype, class: qclass }],
    answers: [],
    authority: query.authority,
    additional: [],
    ...(edns === undefined ? {} : { edns }),
  });
}

/** An answer to another question is none. @throws WireError when `bytes` are no message. */
function readAnswer(query: Query, bytes: Buffer): Answer {
  const { flags, questions, answers, authority, additional, edns } = decodeMessage(bytes);
  if (!flags.isResponse) throw new WireError('upstream sent a query');
  const [question] = questions;
  const isAnswer = question?.name.toLowerCase() === query.qname && question.type === query.qtype;
  if (!isAnswer) return { rcode: RCODE.FORMERR, answers: [], authority: [], additional: [] };
  const { isAuthoritative, isTruncated, isRecursionAvailable, isAuthentic, rcode } = flags;
  return {
    rcode,
    isAuthoritative,
    isTruncated,
    isRecursionAvailable,
    isAuthentic,
    answers,
    authority,
    additional,
    ...(edns === undefined ? {} : { ednsOptions: edns.options }),
  };
}

function createProxy(upstream: Upstream, options: ForwardOptions, clock: Clock): Proxy {
  const { random, expireMs, streamTo, healthCheck = HEALTH_CHECK } = options;
  const metrics = options.metrics?.forUpstream(formatUpstream(upstream));
  const optionsFor = (proto: string): ExchangeOptions => ({
    upstream,
    clock,
    random,
    ...(expireMs === undefined ? {} : { expireMs }),
    onLine: (isReused) => metrics?.line(proto, isReused),
  });
  const secure = streamTo?.(upstream, optionsFor);
  const stream = secure ?? createTcpTransport(optionsFor('tcp'));
  const datagram =
    secure ?? (options.forceTcp === true ? stream : createUdpTransport(optionsFor('udp')));
  return new Proxy({ upstream, datagram, stream, healthCheck, clock, metrics });
}
