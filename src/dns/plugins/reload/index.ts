/** Changed Corefiles are read again. */
import {
  argsOf,
  CorefileError,
  onlyOnce,
  readDuration,
  refuseBlock,
  type PluginDefinition,
} from '../../corefile/index.ts';

const MIN_INTERVAL_MS = 2000;
const MIN_JITTER_MS = 1000;
const DEFAULT_INTERVAL = '30s';

/** `reload [INTERVAL [JITTER]]`, or `reload off` */
export const reload: PluginDefinition = {
  name: 'reload',
  setup: (directives, { environment: { metrics } }) => {
    const directive = onlyOnce(directives);
    refuseBlock(directive);
    const [interval = DEFAULT_INTERVAL, jitter] = argsOf(directive, 0, 2);
    const { position } = directive;
    if (interval !== 'off') {
      const intervalMs = readDuration(interval, directive, 'interval');
      if (intervalMs < MIN_INTERVAL_MS)
        throw new CorefileError('interval value must be greater or equal to 2s', position);
      const jitterMs =
        jitter === undefined ? intervalMs / 2 : readDuration(jitter, directive, 'jitter');
      if (jitterMs < MIN_JITTER_MS)
        throw new CorefileError('jitter value must be greater or equal to 1s', position);
    }
    metrics.counter({
      name: 'coredns_reload_failed_total',
      help: 'Counter of the number of failed reload attempts.',
    });
    return { isReloading: interval !== 'off' };
  },
};
