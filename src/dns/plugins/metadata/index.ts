/** Facts about a query, gathered before the chain runs: for `log`, `view`, `rewrite` and `template`. */
import { onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';
import { zoneOf } from '../../names.ts';
import { zonesOf } from '../../zones.ts';

/** `metadata [ZONES…]` */
export const metadata: PluginDefinition = {
  name: 'metadata',
  setup: (directives, { zones: blockZones }) => {
    const directive = onlyOnce(directives);
    refuseBlock(directive);
    const zones = directive.args.length === 0 ? blockZones : directive.args.flatMap(zonesOf);
    return { gathersMetadata: (qname) => zoneOf(qname, zones) !== undefined };
  },
};
