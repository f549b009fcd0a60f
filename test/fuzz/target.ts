/** What a fuzz area is made of. */
import { createSeededRandom } from '../../src/cluster/seeded-random.ts';

/** One thing that must hold for whatever comes. */
export interface Target<Input = unknown> {
  readonly name: string;
  readonly generate: (dice: Dice) => Input;
  /** @throws Error when it does not hold. */
  readonly check: (input: Input) => void | Promise<void>;
  /** The input as a person can put it into a test. */
  readonly show: (input: Input) => string;
  /** Of the inputs of a run, where one is slow to check. @default 1 */
  readonly share?: number;
}

/** A file `AREA/index.ts` exports `targets`. */
export interface FuzzArea {
  readonly targets: readonly Target[];
  /** What cannot be tried here, and why. */
  readonly skipped?: string | undefined;
  /** Ends what the checks started. */
  readonly close?: () => Promise<void>;
}

/** Names of the areas: a folder each. One line an area. */
export const AREAS: readonly string[] = ['api', 'coredns', 'dns', 'http1', 'policy'];

/** Choices that repeat for the same seed. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = createSeededRandom(seed);
  }

  /** 0 to `end` without it. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T; // an index within, of a list that is not empty
  }

  list<T>(max: number, make: () => T): T[] {
    return Array.from({ length: this.below(max + 1) }, make);
  }

  octets(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at += 1) bytes[at] = this.below(256);
    return bytes;
  }
}

export interface Finding {
  readonly target: string;
  /** Seed of the input alone. */
  readonly seed: number;
  readonly input: string;
  readonly error: unknown;
}

export interface FuzzOptions {
  /** Inputs a target. */
  readonly count: number;
  readonly seed: number;
  readonly onProgress?: (target: string, done: number) => void;
}

/** Seeds of inputs that follow each other are far apart. */
const STRIDE = 0x9e_37_79_b1;
const PROGRESS_EVERY = 100_000;

/** Puts `count` inputs to each target; the first of each that fails is told. */
export async function fuzz(
  { targets, close }: FuzzArea,
  options: FuzzOptions,
): Promise<readonly Finding[]> {
  try {
    return await tryTargets(targets, options);
  } finally {
    await close?.();
  }
}

async function tryTargets(
  targets: readonly Target[],
  { count, seed, onProgress }: FuzzOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const target of targets) {
    const inputs = Math.ceil(count * (target.share ?? 1));
    for (let index = 0; index < inputs; index += 1) {
      const own = (seed + Math.imul(index, STRIDE)) >>> 0;
      const found = await tryInput(target, own);
      if (found !== undefined) {
        findings.push(found);
        break;
      }
      if ((index + 1) % PROGRESS_EVERY === 0) onProgress?.(target.name, index + 1);
    }
    onProgress?.(target.name, inputs);
  }
  return findings;
}

async function tryInput(target: Target, seed: number): Promise<Finding | undefined> {
  const input = target.generate(new Dice(seed));
  try {
    const checked = target.check(input);
    if (checked instanceof Promise) await checked;
    return undefined;
  } catch (error) {
    return { target: target.name, seed, input: target.show(input), error };
  }
}
