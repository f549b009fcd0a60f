/** Keeps replies over UDP below the size at which networks cut them into pieces. */
import type { Answer } from '../../answer.ts';
import {
  argsOf,
  CorefileError,
  onlyOnce,
  refuseBlock,
  type PluginDefinition,
} from '../../corefile/index.ts';

const DEFAULT_SIZE = 1232;
const MIN_SIZE = 512;
const MAX_SIZE = 4096;

/** `bufsize [SIZE]` */
export const bufsize: PluginDefinition = {
  name: 'bufsize',
  setup: (directives) => {
    const directive = onlyOnce(directives);
    refuseBlock(directive);
    const [text = String(DEFAULT_SIZE)] = argsOf(directive, 0, 1);
    const size = Number(text);
    if (!/^\d+$/.test(text) || size < MIN_SIZE || size > MAX_SIZE)
      throw new CorefileError(
        `plugin/bufsize: size "${text}" is not in ${MIN_SIZE}–${MAX_SIZE}`,
        directive.position,
      );
    const finish = (answer: Answer | undefined): Answer | undefined =>
      answer && { ...answer, maxUdpSize: size };
    return {
      plugin: (query, next) => {
        if (query.edns === undefined || query.edns.udpSize <= size) return next(query);
        // What asks upstream says the smaller size as well.
        const answer = next({ ...query, edns: { ...query.edns, udpSize: size } });
        return answer instanceof Promise ? answer.then(finish) : finish(answer);
      },
    };
  },
};
