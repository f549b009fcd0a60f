import { PodlaneError } from '../../../net/index.ts';
import type { Clock } from '../../../observe/index.ts';
import { encodeMessage, OPCODE, RCODE, CLASS, TYPE } from '../../wire/index.ts';
import type { Exchange, Transport } from './exchange.ts';
import type { UpstreamMetrics } from './metrics.ts';
import type { Upstream } from './upstream.ts';

/** How an upstream is looked after. */
export interface HealthCheck {
  readonly intervalMs: number;
  readonly isRecursionDesired: boolean;
  /** Whose NS records are asked for. */
  readonly domain: string;
  /** How long to wait for an answer. @default 1000 */
  readonly timeoutMs?: number;
}

export interface ProxyOptions {
  readonly upstream: Upstream;
  /** Queries over datagrams; the same as `stream` where there are none. */
  readonly datagram: Transport;
  readonly stream: Transport;
  readonly healthCheck: HealthCheck;
  readonly clock: Clock;
  readonly metrics: UpstreamMetrics | undefined;
}

const CHECK_TIMEOUT_MS = 1000;

/** One upstream: the ways to it, and whether it is well. */
export class Proxy implements Disposable {
  readonly upstream: Upstream;
  readonly datagram: Exchange;
  readonly stream: Exchange;
  readonly metrics: UpstreamMetrics | undefined;
  readonly #options: ProxyOptions;
  /** Checks that failed in a row. */
  #fails = 0;
  #isChecking = false;
  #timer: Disposable | undefined;
  #isClosed = false;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.upstream = options.upstream;
    this.datagram = options.datagram.exchange;
    this.stream = options.stream.exchange;
    this.metrics = options.metrics;
  }

  /** @param maxFails 0 takes every upstream for well. */
  isDown(maxFails: number): boolean {
    return maxFails > 0 && this.#fails > maxFails;
  }

  /** Asks until it answers again, if that is not going on already. */
  check(): void {
    if (this.#isChecking || this.#isClosed) return;
    this.#isChecking = true;
    void this.#probe();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    this.#options.datagram[Symbol.dispose]();
    this.#options.stream[Symbol.dispose]();
  }

  async #probe(): Promise<void> {
    const { clock, healthCheck, metrics } = this.#options;
    try {
      await this.datagram(checkMessage(healthCheck), healthCheck.timeoutMs ?? CHECK_TIMEOUT_MS);
      this.#fails = 0;
      this.#isChecking = false;
    } catch (error) {
      if (!(error instanceof PodlaneError)) throw error;
      this.#fails += 1;
      metrics?.failedCheck.inc();
      if (this.#isClosed) return;
      this.#timer = clock.setTimer(healthCheck.intervalMs, () => void this.#probe());
    }
  }
}

function checkMessage({ domain, isRecursionDesired }: HealthCheck): Buffer {
  return encodeMessage({
    id: 0,
    flags: {
      isResponse: false,
      opcode: OPCODE.QUERY,
      isAuthoritative: false,
      isTruncated: false,
      isRecursionDesired,
      isRecursionAvailable: false,
      isAuthentic: false,
      isCheckingDisabled: false,
      rcode: RCODE.NOERROR,
    },
    questions: [{ name: domain, type: TYPE.NS, class: CLASS.IN }],
    answers: [],
    authority: [],
    additional: [],
  });
}
