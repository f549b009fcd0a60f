/** Facts about a query, gathered before the chain runs: for `log`, `view` and `template`. */
import { onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';

/** `metadata [ZONES…]` */
export const metadata: PluginDefinition = {
  name: 'metadata',
  setup: (directives) => {
    refuseBlock(onlyOnce(directives));
    return { gathersMetadata: true };
  },
};
