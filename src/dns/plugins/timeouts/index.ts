/** How long connections may stay silent. */
import {
  argOf,
  argsOf,
  CorefileError,
  onlyOnce,
  parseDuration,
  readInteger,
  readOptions,
  type Directive,
  type ListenSettings,
  type PluginDefinition,
} from '../../corefile/index.ts';

const MIN_MS = 1000;
const MAX_MS = 24 * 3_600_000;

/** `timeouts { read DURATION | write DURATION | idle DURATION | max_queries N }` */
export const timeouts: PluginDefinition = {
  name: 'timeouts',
  setup: (directives) => {
    const directive = onlyOnce(directives);
    argsOf(directive, 0);
    if (directive.block.length === 0)
      throw new CorefileError(
        'timeouts block with no timeouts or limits specified',
        directive.position,
      );
    let listen: ListenSettings = {};
    readOptions(directive, {
      read: (option) => {
        listen = { ...listen, readMs: timeoutOf(option) };
      },
      write: (option) => {
        listen = { ...listen, writeMs: timeoutOf(option) };
      },
      idle: (option) => {
        listen = { ...listen, idleMs: timeoutOf(option) };
      },
      max_queries: (option) => {
        const bounds = { min: 0, max: 2 ** 31, what: 'max_queries' };
        listen = { ...listen, maxQueries: readInteger(argOf(option), option, bounds) };
      },
    });
    return { listen };
  },
};

function timeoutOf(option: Directive): number {
  const text = argOf(option);
  // A bare number is seconds.
  const value = /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (value === undefined)
    throw new CorefileError(`failed to parse duration '${text}'`, option.position);
  if (value < MIN_MS || value > MAX_MS)
    throw new CorefileError(
      `timeout provided '${text}' needs to be between 1 second and 24 hours`,
      option.position,
    );
  return value;
}
