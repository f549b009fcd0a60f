/** Finds out whether upstreams lead back here. */
import type { Plugin } from '../../chain.ts';
import { argsOf, onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';
import { below, isInZone } from '../../names.ts';
import { createQuery, type Query } from '../../query.ts';
import { failure, type Answer } from '../../answer.ts';
import { RCODE, TYPE } from '../../wire/index.ts';

/** Arrivals of one's own question; CoreDNS ends the process at the third. */
const MAX_SEEN = 2;

/** `loop` */
export const loop: PluginDefinition = {
  name: 'loop',
  setup: (directives, { zones, resolve, environment: { random, log, print } }) => {
    const directive = onlyOnce(directives);
    argsOf(directive, 0);
    refuseBlock(directive);
    const [zone = '.'] = zones;
    const number = (): string => String(Math.floor(random() * 2 ** 53));
    const name = below(`${number()}.${number()}`, zone);
    let seen = 0;
    let isProbing = true;
    let isLooping = false;
    const plugin: Plugin = (query, next) => {
      if (isLooping) return cut(query);
      if (!isProbing || query.qtype !== TYPE.HINFO || query.qname !== name) return next(query);
      seen += 1;
      if (seen <= MAX_SEEN) return next(query);
      isLooping = true;
      print(fatalLine(query, { zone, name }));
      log.error('forwarding leads back here: names outside are not asked for any more', {
        part: 'dns',
        plugin: 'loop',
        zone,
        hint: 'name other servers after forward, or set --dns-upstream',
      });
      return cut(query);
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

/** What would go round gets an answer at once; what the plugins before this one know is answered as ever. */
function cut({ name, explain }: Query): Answer {
  const error = 'forwarding leads back to this server';
  explain?.({ part: 'dns', outcome: 'fail', what: `${name} is not forwarded`, because: error });
  return { ...failure(RCODE.SERVFAIL), error };
}

/** As CoreDNS says it before it ends. */
function fatalLine(
  { client, server }: Query,
  { zone, name }: { readonly zone: string; readonly name: string },
): string {
  const to = server?.address.replace(/^\w+:\/\//, '') ?? ':53';
  return `[FATAL] plugin/loop: Loop (${client.address}:${client.port} -> ${to}) detected for zone "${zone}", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${name}"`;
}
