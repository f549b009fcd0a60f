/** Errors on the way to an answer, printed. */
import type { Clock } from '../../../observe/index.ts';
import {
  argsOf,
  CorefileError,
  onlyOnce,
  readOptions,
  type Directive,
  type PluginDefinition,
} from '../../corefile/index.ts';
import type { Observation } from '../../observation.ts';
import { typeName } from '../../wire/index.ts';
import type { Level, Pattern } from './pattern.ts';

/** `errors { stacktrace | consolidate DURATION REGEXP [LEVEL] [show_first] }` */
export const errors: PluginDefinition = {
  name: 'errors',
  setup: async (directives, { environment: { clock, print } }) => {
    const directive = onlyOnce(directives);
    const [target] = argsOf(directive, 0, 1);
    if (target !== undefined && target !== 'stdout')
      throw new CorefileError(`invalid log file: ${target}`, directive.position);
    const lines: Directive[] = [];
    readOptions(directive, {
      stacktrace: (option) => void argsOf(option, 0),
      consolidate: (option) => lines.push(option),
    });
    const patterns = lines.length === 0 ? [] : (await import('./pattern.ts')).readPatterns(lines);
    const printer = new ErrorPrinter(patterns, clock, print);
    return {
      observe: (observation) => printer.observe(observation),
      [Symbol.asyncDispose]: async () => printer.flush(),
    };
  },
};

interface Counting {
  readonly timer: Disposable;
  count: number;
}

class ErrorPrinter {
  readonly #patterns: readonly Pattern[];
  readonly #clock: Clock;
  readonly #print: (line: string) => void;
  readonly #counting = new Map<Pattern, Counting>();

  constructor(patterns: readonly Pattern[], clock: Clock, print: (line: string) => void) {
    this.#patterns = patterns;
    this.#clock = clock;
    this.#print = print;
  }

  observe({ query, answer }: Observation): void {
    const message = answer?.error;
    if (message === undefined) return;
    const pattern = this.#patterns.find(({ regExp }) => regExp.match(message) !== undefined);
    const line = `${answer?.rcode ?? 0} ${query.qname} ${typeName(query.qtype)}: ${message}`;
    if (pattern === undefined) this.#say('error', line);
    else if (this.#count(pattern) && pattern.isFirstShown) this.#say(pattern.level, line);
  }

  /** Prints what is counted so far. */
  flush(): void {
    for (const pattern of this.#counting.keys()) this.#sum(pattern);
  }

  /** Whether this is the first of its period. */
  #count(pattern: Pattern): boolean {
    const counting = this.#counting.get(pattern);
    if (counting !== undefined) {
      counting.count += 1;
      return false;
    }
    const timer = this.#clock.setTimer(pattern.periodMs, () => this.#sum(pattern));
    this.#counting.set(pattern, { timer, count: 1 });
    return true;
  }

  #sum(pattern: Pattern): void {
    const counting = this.#counting.get(pattern);
    this.#counting.delete(pattern);
    counting?.timer[Symbol.dispose]();
    const { source, periodText, level, isFirstShown } = pattern;
    const count = counting?.count ?? 0;
    if (count > (isFirstShown ? 1 : 0))
      this.#say(level, `${count} errors like '${source}' occurred in last ${periodText}`);
  }

  #say(level: Level, line: string): void {
    this.#print(`[${level.toUpperCase()}] plugin/errors: ${line}`);
  }
}
