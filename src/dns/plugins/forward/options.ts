import {
  argOf,
  argsOf,
  CorefileError,
  readDuration,
  readInteger,
  readOptions,
  type Directive,
  type OptionReaders,
} from '../../corefile/index.ts';
import { absolute, isDomainName } from '../../names.ts';
import { parseIp } from '../../../net/index.ts';
import { RCODE } from '../../wire/index.ts';
import { zonesOf } from '../../zones.ts';
import { POLICIES, type PolicyName } from './policy.ts';

/** What a Corefile says inside `forward … { }`. */
export interface ForwardSettings {
  readonly except: readonly string[];
  readonly policy: PolicyName;
  /** Failed checks after which an upstream is left out; 0 never leaves one out. */
  readonly maxFails: number;
  readonly maxConnectAttempts: number | undefined;
  readonly healthCheck: {
    readonly intervalMs: number;
    readonly isRecursionDesired: boolean;
    readonly domain: string;
  };
  /** How long an unused line stays open. */
  readonly expireMs: number;
  readonly readTimeoutMs: number;
  readonly maxConcurrent: number;
  readonly isTcpForced: boolean;
  readonly isUdpPreferred: boolean;
  /** Paths of certificate, key and authorities. */
  readonly tls: readonly string[];
  readonly tlsServerName: string | undefined;
  readonly dohMethod: 'GET' | 'POST';
  /** Codes that are another stanza's to answer. */
  readonly next: ReadonlySet<number>;
  readonly isNextOnNodata: boolean;
  /** Codes that another upstream may answer better. */
  readonly failover: ReadonlySet<number>;
  readonly isFailfast: boolean;
  /** Where host names of upstreams are looked up; the host's own resolver when empty. */
  readonly resolver: readonly string[];
}

const DEFAULTS: ForwardSettings = {
  except: [],
  policy: 'random',
  maxFails: 2,
  maxConnectAttempts: undefined,
  healthCheck: { intervalMs: 500, isRecursionDesired: true, domain: '.' },
  expireMs: 10_000,
  readTimeoutMs: 2000,
  maxConcurrent: 0,
  isTcpForced: false,
  isUdpPreferred: false,
  tls: [],
  tlsServerName: undefined,
  dohMethod: 'POST',
  next: new Set(),
  isNextOnNodata: false,
  failover: new Set(),
  isFailfast: false,
  resolver: [],
};

const MAX_COUNT = 2 ** 32 - 1;

/** @throws CorefileError */
export function readForwardSettings(directive: Directive): ForwardSettings {
  const reader = new Reader();
  readOptions(directive, reader.readers);
  const { settings, maxAgeMs } = reader;
  if (maxAgeMs > 0 && maxAgeMs < settings.expireMs)
    throw new CorefileError('max_age must not be less than expire', directive.position);
  return settings;
}

class Reader {
  settings: ForwardSettings = DEFAULTS;
  /** Lines are shared here, and renewed when unused: their age is checked and has no effect. */
  maxAgeMs = 0;

  readonly readers: OptionReaders = {
    except: (option) => {
      const zones = argsOf(option, 1, Infinity).flatMap(zonesOf);
      this.#set({ except: [...this.settings.except, ...zones] });
    },
    policy: (option) => this.#set({ policy: readPolicy(option) }),
    max_fails: (option) => this.#set({ maxFails: count(option) }),
    max_connect_attempts: (option) => this.#set({ maxConnectAttempts: count(option) }),
    health_check: (option) => this.#set({ healthCheck: readHealthCheck(option) }),
    expire: (option) => this.#set({ expireMs: duration(option) }),
    max_age: (option) => {
      this.maxAgeMs = duration(option);
    },
    max_idle_conns: (option) => void count(option),
    read_timeout: (option) => {
      const readTimeoutMs = duration(option);
      if (readTimeoutMs === 0)
        throw new CorefileError('read_timeout must be positive: 0s', option.position);
      this.#set({ readTimeoutMs });
    },
    max_concurrent: (option) => this.#set({ maxConcurrent: count(option) }),
    force_tcp: (option) => {
      argsOf(option, 0);
      this.#set({ isTcpForced: true });
    },
    prefer_udp: (option) => {
      argsOf(option, 0);
      this.#set({ isUdpPreferred: true });
    },
    tls: (option) => this.#set({ tls: argsOf(option, 0, 3) }),
    tls_servername: (option) => this.#set({ tlsServerName: argOf(option) }),
    next: (option) => this.#set({ next: new Set([...this.settings.next, ...rcodes(option)]) }),
    next_on_nodata: (option) => {
      argsOf(option, 0);
      this.#set({ isNextOnNodata: true });
    },
    failover: (option) => this.#set({ failover: readFailover(option, this.settings.failover) }),
    failfast_all_unhealthy_upstreams: (option) => {
      argsOf(option, 0);
      this.#set({ isFailfast: true });
    },
    resolver: (option) => this.#set({ resolver: readResolver(option) }),
    // Which of the host's addresses queries come from does not show on one machine.
    source_address: (option) => void address(option),
    doh_method: (option) => this.#set({ dohMethod: methodOf(option) }),
  };

  #set(settings: Partial<ForwardSettings>): void {
    this.settings = { ...this.settings, ...settings };
  }
}

function count(option: Directive): number {
  return readInteger(argOf(option), option, { min: 0, max: MAX_COUNT, what: option.name });
}

function duration(option: Directive): number {
  const ms = readDuration(argOf(option), option, option.name);
  if (ms < 0)
    throw new CorefileError(`${option.name} can't be negative: ${argOf(option)}`, option.position);
  return ms;
}

function address(option: Directive): string {
  const text = argOf(option);
  if (parseIp(text) === undefined)
    throw new CorefileError(`invalid IP address: ${text}`, option.position);
  return text;
}

function readPolicy(option: Directive): PolicyName {
  const text = argOf(option);
  const policies = Object.keys(POLICIES) as PolicyName[]; // its keys are the names
  const policy = policies.find((name) => name === text);
  if (policy === undefined)
    throw new CorefileError(`unknown policy '${text}'`, option.position, {
      hint: `Policies: ${policies.join(', ')}.`,
    });
  return policy;
}

function readHealthCheck(option: Directive): ForwardSettings['healthCheck'] {
  const { position } = option;
  const [text = '', ...more] = argsOf(option, 1, Infinity);
  const intervalMs = readDuration(text, option, 'health_check');
  if (intervalMs < 0) throw new CorefileError(`health_check can't be negative: ${text}`, position);
  let check = { ...DEFAULTS.healthCheck, intervalMs };
  for (let at = 0; at < more.length; at += 1) {
    const word = more[at] ?? '';
    if (word === 'no_rec') check = { ...check, isRecursionDesired: false };
    else if (word === 'domain') {
      at += 1;
      check = { ...check, domain: readDomain(more[at] ?? '', option) };
    } else throw new CorefileError(`health_check: unknown option ${word}`, position);
  }
  return check;
}

function readDomain(text: string, { position }: Directive): string {
  const domain = absolute(text.toLowerCase());
  if (text === '' || !isDomainName(domain))
    throw new CorefileError(`health_check: invalid domain name ${text}`, position);
  return domain;
}

function rcodes(option: Directive): readonly number[] {
  return argsOf(option, 1, Infinity).map((text) => {
    const found = Object.entries(RCODE).find(([name]) => name === text.toUpperCase());
    if (found === undefined)
      throw new CorefileError(`${text} is not a valid rcode`, option.position);
    return found[1];
  });
}

function readFailover(option: Directive, known: ReadonlySet<number>): ReadonlySet<number> {
  const codes = rcodes(option);
  if (codes.includes(RCODE.NOERROR))
    throw new CorefileError('NoError cannot be used in failover', option.position);
  return new Set([...known, ...codes]);
}

function readResolver(option: Directive): readonly string[] {
  return argsOf(option, 1, Infinity).map((text) => {
    const host = text.replace(/^\[(.*)\]:\d+$|^([^:]*):\d+$/, '$1$2');
    if (parseIp(host) === undefined)
      throw new CorefileError(
        `resolver must be an IP address or IP:port: "${text}"`,
        option.position,
      );
    return text;
  });
}

function methodOf(option: Directive): 'GET' | 'POST' {
  const method = argOf(option);
  if (method === 'GET' || method === 'POST') return method;
  throw new CorefileError(`unknown doh_method: ${method}`, option.position);
}
