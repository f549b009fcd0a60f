/** Finds out whether upstreams lead back here. */
import type { Plugin } from '../../chain.ts';
import { argsOf, onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';
import { below, isInZone } from '../../names.ts';
import { createQuery } from '../../query.ts';
import { failure } from '../../answer.ts';
import { RCODE, TYPE } from '../../wire/index.ts';

/** Arrivals of one's own question; CoreDNS ends the process at the third. */
const MAX_SEEN = 2;

/** `loop` */
export const loop: PluginDefinition = {
  name: 'loop',
  setup: (directives, { zones, resolve, environment: { random, log } }) => {
    const directive = onlyOnce(directives);
    argsOf(directive, 0);
    refuseBlock(directive);
    const [zone = '.'] = zones;
    const number = (): string => String(Math.floor(random() * 2 ** 53));
    const name = below(`${number()}.${number()}`, zone);
    let seen = 0;
    let isProbing = true;
    const plugin: Plugin = (query, next) => {
      if (!isProbing || query.qtype !== TYPE.HINFO || query.qname !== name) return next(query);
      seen += 1;
      if (seen <= MAX_SEEN) return next(query);
      isProbing = false;
      log.error('forwarding leads back here: queries for names outside would go round for ever', {
        part: 'dns',
        plugin: 'loop',
        zone,
        hint: 'name other servers after forward, or set --dns-upstream',
      });
      return failure(RCODE.SERVFAIL);
    };
    const probe = async (): Promise<void> => {
      try {
        await resolve(createQuery(name, TYPE.HINFO));
      } catch {
        // A plugin that throws has no loop; its error is shown when a client asks.
      } finally {
        isProbing = false;
      }
    };
    return {
      plugin,
      onStart: () => {
        if (isInZone(name, zone)) void probe();
      },
    };
  },
};
