/** The relations that rows of the table ask for, in the words in which they write them. */
import { isDeepStrictEqual } from 'node:util';
import { cidrContains, parseCidr, parseIp } from '../../../../src/net/index.ts';
import { at } from './json-path.ts';

/** What an assertion speaks of. */
export interface Subject {
  readonly object: unknown;
  readonly serviceCIDRs: readonly string[];
  /** Whether another Service may have this node port. */
  readonly isPortFree: (port: number) => boolean;
}

type Compare = (left: unknown, right: unknown) => boolean;

const COMPARE: Readonly<Record<string, Compare>> = {
  '==': (left, right) => isDeepStrictEqual(left, right),
  '!=': (left, right) => !isDeepStrictEqual(left, right),
  '<=': (left, right) => order(left, right) <= 0,
  '>=': (left, right) => order(left, right) >= 0,
  '<': (left, right) => order(left, right) < 0,
  '>': (left, right) => order(left, right) > 0,
};

/** Whether `text` holds; undefined when it is not understood. */
export function holds(text: string, subject: Subject): boolean | undefined {
  // What follows says when or why, which the row's own set-up already sees to.
  const claim = text.replace(/ (?:while|because) .*$/, '').trim();
  return checkWords(claim, subject) ?? checkComparison(claim, subject.object);
}

function checkWords(
  claim: string,
  { object, serviceCIDRs, isPortFree }: Subject,
): boolean | undefined {
  const [, path = '', words = ''] =
    /^(\S+) (is inside the service CIDR|is IPv[46]|allocated|is allocated)$/.exec(claim) ?? [];
  const value = at(object, path);
  const ip = typeof value === 'string' ? parseIp(value) : undefined;
  if (words === 'is inside the service CIDR')
    return serviceCIDRs.some((text) => {
      const cidr = parseCidr(text);
      return cidr !== undefined && ip !== undefined && cidrContains(cidr, ip);
    });
  if (words.startsWith('is IPv')) return ip?.family === words.slice('is '.length);
  if (words !== '') return ip !== undefined || (typeof value === 'number' && value > 0);
  if (claim === 'both come from the one shared node-port allocator')
    return portsOf(object).every((port) => port > 0 && !isPortFree(port));
  return undefined;
}

function portsOf(object: unknown): readonly number[] {
  const ports = at(object, 'spec.ports');
  const listed = Array.isArray(ports) ? ports.map((port) => Number(at(port, 'nodePort'))) : [];
  return [...listed, Number(at(object, 'spec.healthCheckNodePort'))];
}

/** `a == b`, `1 <= a <= 5`, `len(a)==2`. */
function checkComparison(claim: string, object: unknown): boolean | undefined {
  const parts = claim.split(/\s*(==|!=|<=|>=|<|>)\s*/);
  if (parts.length < 3) return undefined;
  for (let index = 0; index + 2 < parts.length; index += 2) {
    const compare = COMPARE[parts[index + 1] ?? ''];
    const left = readTerm(parts[index] ?? '', object);
    const right = readTerm(parts[index + 2] ?? '', object);
    if (compare === undefined) return undefined;
    if (!compare(left, right)) return false;
  }
  return true;
}

function readTerm(term: string, object: unknown): unknown {
  const [, counted] = /^len\((.*)\)$/.exec(term) ?? [];
  if (counted !== undefined) {
    const list = at(object, counted);
    return Array.isArray(list) ? list.length : 0;
  }
  if (/^(?:spec|status|metadata)\b/.test(term)) return at(object, term);
  const [, listed] = /^\[((?:spec|status|metadata)\b[^\]]*(?:\[\d+\])?)\]$/.exec(term) ?? [];
  if (listed !== undefined) return [at(object, listed)];
  try {
    return JSON.parse(term) as unknown;
  } catch {
    // Addresses and bare words stand for themselves.
    return term;
  }
}

function order(left: unknown, right: unknown): number {
  const [a, b] = [left, right].map((value) =>
    typeof value === 'string' ? parseIp(value)?.bits : value,
  );
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === 'number' && typeof b === 'number' ? a - b : Number.NaN;
}
