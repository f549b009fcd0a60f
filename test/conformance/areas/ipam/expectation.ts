import { cidrContains, parseCidr, parseIp } from '../../../../src/net/index.ts';
import { show, type Outcome } from './step.ts';

/** What is wrong, as lines; empty when everything is as expected. */
export type Problems = readonly string[];

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'];

/** Compares the outcomes of a sequence with a row's `expect`. An expectation that is not known is a problem too. */
export function checkSequence(
  expect: Readonly<Record<string, unknown>>,
  outcomes: readonly Outcome[],
): Problems {
  return Object.entries(expect).flatMap(([key, wanted]) => checkOne(key, wanted, outcomes));
}

function checkOne(key: string, wanted: unknown, outcomes: readonly Outcome[]): Problems {
  const last = outcomes.at(-1) ?? {};
  const named = CHECKS[key];
  if (named !== undefined) return named(wanted, outcomes);
  if (ORDINALS.includes(key)) return matches(wanted, outcomes[ORDINALS.indexOf(key)] ?? {}, key);
  if (key === 'last' || key === 'then' || key === 'error') return matches(wanted, last, key);
  const [, count, suffix] = /^first(\d+)(In)?$/.exec(key) ?? [];
  if (count === undefined) return [`unknown expectation ${key}`];
  const head = outcomes.slice(0, Number(count));
  return suffix === 'In'
    ? head.flatMap((outcome) => within(wanted, outcome))
    : permutation(String(wanted), head);
}

const CHECKS: Readonly<Record<string, (wanted: unknown, all: readonly Outcome[]) => Problems>> = {
  ok: (wanted, all) =>
    all.every(({ error }) => error === undefined) === wanted ? [] : all.map(show),
  all: (_, all) => all.filter(({ error }) => error !== undefined).map(show),
  each: (wanted, all) => all.flatMap((outcome) => matches(wanted, outcome, 'each')),
  allIn: (wanted, all) => all.flatMap((outcome) => within(wanted, outcome)),
  noneIn: (wanted, all) =>
    all.filter((outcome) => within(wanted, outcome).length === 0).map((o) => `unwanted ${show(o)}`),
  lastIn: (wanted, all) => within(wanted, all.at(-1) ?? {}),
  atLeastOneIn: (wanted, all) =>
    all.some(({ value }) => isIn(String(wanted), value)) ? [] : [`none in ${String(wanted)}`],
  code: (wanted, all) => (all.at(-1)?.code === wanted ? [] : [`code ${all.at(-1)?.code}`]),
};

function matches(wanted: unknown, outcome: Outcome, key: string): Problems {
  if (Array.isArray(wanted)) return within(wanted, outcome);
  const text = String(wanted);
  const isAsWanted = ((): boolean => {
    if (text === 'ok') return outcome.error === undefined;
    if (text === 'refused') return outcome.error !== undefined;
    if (text === 'out of range') return outcome.isOutOfRange === true;
    if (text.startsWith('in ')) return isIn(text.slice(3), outcome.value);
    return outcome.error === undefined ? outcome.value === text : outcome.error.includes(text);
  })();
  return isAsWanted ? [] : [`${key}: ${show(outcome)}`];
}

/** `[low, high]` of addresses or of port numbers, both included. */
function within(range: unknown, outcome: Outcome): Problems {
  const [low, high] = (range as readonly (string | number)[]).map(toNumber);
  const value = toNumber(outcome.value ?? '');
  const isWithin = low !== undefined && high !== undefined && value >= low && value <= high;
  return isWithin ? [] : [show(outcome)];
}

function toNumber(text: string | number): bigint {
  const ip = parseIp(String(text));
  if (ip !== undefined) return ip.bits;
  return /^\d+$/.test(String(text)) ? BigInt(text) : -1n;
}

/** `some order of .1 to .6`: each once. */
function permutation(text: string, outcomes: readonly Outcome[]): Problems {
  const [, from, to] = /^some order of \.(\d+) to \.(\d+)$/.exec(text) ?? [];
  if (from === undefined) return [`unknown expectation ${text}`];
  const got = outcomes.map(({ value = '' }) => Number(value.split('.').at(-1)));
  const wanted = Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i);
  const sorted = got.toSorted((a, b) => a - b);
  return sorted.join() === wanted.join() ? [] : [`got ${sorted.join()}`];
}

function isIn(cidrText: string, value: string | undefined): boolean {
  const cidr = parseCidr(cidrText);
  const ip = parseIp(value ?? '');
  return cidr !== undefined && ip !== undefined && cidrContains(cidr, ip);
}
