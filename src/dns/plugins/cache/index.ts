/** Answers kept for their time, so that they are asked for once. */
import { onlyOnce, type PluginDefinition } from '../../corefile/index.ts';
import { Cache } from './cache.ts';
import { readCacheOptions } from './options.ts';

/** `cache [TTL] [ZONES…] { … }` */
export const cache: PluginDefinition = {
  name: 'cache',
  setup: (directives, { zones, environment: { clock, metrics, log } }) => {
    const kept = new Cache(readCacheOptions(onlyOnce(directives), zones), {
      clock,
      metrics,
      onError: (error, { name }) => log.error('query failed', { part: 'dns', name, error }),
    });
    return {
      plugin: kept.plugin,
      // Answers that are not kept here may be kept in front of all plugins; they count as what they are: misses.
      observe: ({ query, isRepeated }) => {
        if (isRepeated === true) kept.countRepeated(query);
      },
    };
  },
};
