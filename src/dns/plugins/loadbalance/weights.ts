import { parseIp, PodlaneError } from '../../../net/index.ts';
import type { Clock, Logger } from '../../../observe/index.ts';
import type { Files } from '../../corefile/index.ts';
import { absolute } from '../../names.ts';
import type { ResourceRecord } from '../../wire/index.ts';
import { sortByType, swap } from './shuffle.ts';

/** Weights of addresses under a name; addresses that are not in it weigh 1. */
export type WeightTable = ReadonlyMap<string, ReadonlyMap<string, number>>;

export interface WeightsOptions {
  readonly file: string;
  /** How often the file is read again; 0 is never. */
  readonly reloadMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly files: Files;
  readonly log: Logger;
}

/** Weights read from a file, again when it changes. */
export interface Weights extends Disposable {
  /** @throws PodlaneError `ERR_WEIGHT_FILE` where the file cannot be read and will not be tried again. */
  start(): void;
  /** Puts an address first, each as often as its weight says. */
  arrange(records: readonly ResourceRecord[]): readonly ResourceRecord[];
}

export function createWeights(options: WeightsOptions): Weights {
  const { file, reloadMs, clock, random, files, log } = options;
  let table: WeightTable = new Map();
  let text: string | undefined;
  let timer: Disposable | undefined;
  const load = (): void => {
    const now = files.read(file);
    if (now === text) return;
    table = parseWeights(now, file);
    text = now;
  };
  const loadAgain = (): void => {
    try {
      load();
    } catch (error) {
      log.warn('weights not read', { part: 'dns', file, error });
    }
    if (reloadMs > 0) timer = clock.setTimer(reloadMs, loadAgain);
  };
  return {
    start: () => {
      if (reloadMs > 0) loadAgain();
      else load();
    },
    arrange: (records) => arrange(records, table, random),
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}

/**
 * Reads a weight file: a name, and below it lines of an address and its weight, 1–255.
 *
 * @throws PodlaneError `ERR_WEIGHT_FILE`
 */
export function parseWeights(text: string, file: string): WeightTable {
  const table = new Map<string, Map<string, number>>();
  let current: Map<string, number> | undefined;
  const lines = text.split('\n').map((line) => line.trim());
  for (const [index, trimmed] of lines.entries()) {
    const fail = (what: string): PodlaneError =>
      new PodlaneError('ERR_WEIGHT_FILE', what, { position: { file, line: index + 1, column: 1 } });
    if (/^(#|$)/.test(trimmed)) continue;
    const [first = '', weightText, ...more] = trimmed.split(/\s+/);
    const address = parseIp(first)?.text;
    if (more.length > 0) throw fail(`could not parse weight line:"${trimmed}"`);
    if (weightText === undefined) {
      if (address !== undefined) throw fail(`wrong domain name:"${first}"`);
      const name = absolute(first);
      current = table.get(name) ?? new Map();
      table.set(name, current);
    } else {
      if (address === undefined) throw fail(`wrong IP address:"${first}"`);
      if (!isWeight(weightText)) throw fail(`wrong weight value:"${weightText}"`);
      if (current === undefined) throw fail('missing domain name');
      current.set(address, Number(weightText));
    }
  }
  return table;
}

function isWeight(text: string): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 255;
}

function arrange(
  records: readonly ResourceRecord[],
  table: WeightTable,
  random: () => number,
): readonly ResourceRecord[] {
  const { aliases, addresses, exchanges, others } = sortByType(records);
  if (addresses.length === 0) return records;
  const weights = addresses.map(({ name, rdata }) =>
    rdata.kind === 'address' ? (table.get(name)?.get(rdata.address) ?? 1) : 1,
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let left = random() * total;
  const top = weights.findIndex((weight) => (left -= weight) < 0);
  const ordered = [...addresses];
  swap(ordered, 0, Math.max(0, top));
  return [...aliases, ...others, ...ordered, ...exchanges];
}
