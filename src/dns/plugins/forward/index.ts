/** Names of the world outside: asked of upstream servers. */
import { PodlaneError } from '../../../net/index.ts';
import { SYSTEM_CLOCK, type Clock } from '../../../observe/index.ts';
import { failure, type Answer } from '../../answer.ts';
import type { Plugin } from '../../chain.ts';
import { absolute, isInZone } from '../../names.ts';
import type { Query } from '../../query.ts';
import { decodeMessage, encodeMessage, OPCODE, RCODE, WireError } from '../../wire/index.ts';
import { createTcpTransport, createUdpTransport, type Transport } from './exchange.ts';
import { formatUpstream, type Upstream } from './upstream.ts';

export { createUdpTransport } from './exchange.ts';
export { formatUpstream, parseUpstream, type Upstream } from './upstream.ts';

export interface ForwardOptions {
  /** Asked in this order, those that failed lately last; at most 15. */
  readonly upstreams: readonly Upstream[];
  /** Names to forward. @default '.' */
  readonly from?: string;
  /** Names below `from` that go to the next plugin instead. @default none */
  readonly except?: readonly string[];
  /** Ask over TCP whatever the client used. @default false */
  readonly forceTcp?: boolean;
  /** Ask over UDP first whatever the client used, over TCP when the answer was truncated. @default false */
  readonly preferUdp?: boolean;
  /** More queries at once are refused; 0 is no limit. @default 1000 */
  readonly maxConcurrent?: number;
  /** For one try. @default 2000 */
  readonly timeoutMs?: number;
  /** Addresses of our own: upstreams among them are not asked, since they would ask us again. @default none */
  readonly ownAddresses?: () => readonly Upstream[];
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock;
  /** At least 0, below 1; chooses message ids. */
  readonly random: () => number;
}

export interface Forward extends Disposable {
  readonly plugin: Plugin;
}

/** For one query, all tries together. */
const DEADLINE_MS = 5000;
/** Failures in a row after which an upstream is asked last. */
const MAX_FAILS = 2;
/** How long it then stays last. */
const DOWN_MS = 5000;

interface UpstreamState extends Disposable {
  readonly upstream: Upstream;
  readonly udp: Transport;
  readonly tcp: Transport;
  fails: number;
  failedAt: number;
}

/**
 * Forwards queries and passes answers on as they come: flags, EDNS, case and unknown types kept.
 *
 * Over the client's own transport, so that a truncated answer makes the client ask again over TCP.
 */
export function createForward(options: ForwardOptions): Forward {
  const { clock = SYSTEM_CLOCK, maxConcurrent = 1000, ownAddresses = () => [] } = options;
  const from = absolute((options.from ?? '.').toLowerCase());
  const except = (options.except ?? []).map((zone) => absolute(zone.toLowerCase()));
  const states = options.upstreams.map((upstream) => createState(upstream, options, clock));
  let concurrent = 0;
  const isForwarded = (qname: string): boolean =>
    isInZone(qname, from) && (qname === from || !except.some((zone) => isInZone(qname, zone)));

  const plugin: Plugin = (query, next) => {
    if (!isForwarded(query.qname)) return next(query);
    const own = new Set(ownAddresses().map(formatUpstream));
    const usable = states.filter(({ upstream }) => !own.has(formatUpstream(upstream)));
    const refusal = refusalOf(usable, maxConcurrent > 0 && concurrent >= maxConcurrent);
    if (refusal !== undefined) {
      query.explain?.({ part: 'forward', outcome: 'fail', what: refusal });
      return failure(RCODE.REFUSED);
    }
    concurrent += 1;
    return forward(query, { states: usable, options, clock }).finally(() => {
      concurrent -= 1;
    });
  };
  return {
    plugin,
    [Symbol.dispose]: () => {
      for (const state of states) state[Symbol.dispose]();
    },
  };
}

function refusalOf(states: readonly UpstreamState[], isFull: boolean): string | undefined {
  if (states.length === 0) return 'no upstream but this server itself';
  return isFull ? 'too many queries wait for upstreams' : undefined;
}

interface ForwardContext {
  readonly states: readonly UpstreamState[];
  readonly options: ForwardOptions;
  readonly clock: Clock;
}

async function forward(query: Query, { states, options, clock }: ForwardContext): Promise<Answer> {
  const deadline = clock.now() + DEADLINE_MS;
  const isDown = ({ fails, failedAt }: UpstreamState): boolean =>
    fails >= MAX_FAILS && clock.now() - failedAt < DOWN_MS;
  const order = [...states.filter((state) => !isDown(state)), ...states.filter(isDown)];
  for (const state of [...order, ...order]) {
    const timeoutMs = Math.min(options.timeoutMs ?? 2000, deadline - clock.now());
    if (timeoutMs <= 0) break;
    const name = formatUpstream(state.upstream);
    try {
      const answer = await ask(query, state, { ...options, timeoutMs });
      state.fails = 0;
      query.explain?.({ part: 'forward', outcome: 'pass', what: `answer of upstream ${name}` });
      return answer;
    } catch (error) {
      if (!(error instanceof PodlaneError)) throw error;
      state.fails += 1;
      state.failedAt = clock.now();
      query.explain?.({ part: 'forward', outcome: 'fail', what: error.message });
    }
  }
  return failure(RCODE.SERVFAIL);
}

async function ask(
  query: Query,
  { udp, tcp }: UpstreamState,
  options: ForwardOptions & { readonly timeoutMs: number },
): Promise<Answer> {
  const { timeoutMs } = options;
  const { transport } = query.client;
  const isOverTcp = options.forceTcp === true || (transport === 'tcp' && !options.preferUdp);
  const exchange = isOverTcp ? tcp.exchange : udp.exchange;
  const answer = readAnswer(query, await exchange(encodeQuery(query), timeoutMs));
  const mayRetry = !isOverTcp && (options.preferUdp === true || transport === 'internal');
  if (answer.isTruncated !== true || !mayRetry) return answer;
  return readAnswer(query, await tcp.exchange(encodeQuery(query), timeoutMs));
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
  if (!isAnswer) return failure(RCODE.FORMERR);
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

function createState(upstream: Upstream, options: ForwardOptions, clock: Clock): UpstreamState {
  const { random } = options;
  const udp = createUdpTransport({ upstream, clock, random });
  const tcp = createTcpTransport({ upstream, clock, random });
  const dispose = (): void => {
    udp[Symbol.dispose]();
    tcp[Symbol.dispose]();
  };
  return { upstream, udp, tcp, fails: 0, failedAt: 0, [Symbol.dispose]: dispose };
}
