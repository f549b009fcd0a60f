/** Ends queries that take too long. */
import { failure, type Answer } from '../../answer.ts';
import {
  argsOf,
  CorefileError,
  onlyOnce,
  readDuration,
  refuseBlock,
  type PluginDefinition,
} from '../../corefile/index.ts';
import { RCODE } from '../../wire/index.ts';

/** A little more than resolvers wait. */
const DEFAULT_TIMEOUT = '5001ms';

/** `cancel [TIMEOUT]` */
export const cancel: PluginDefinition = {
  name: 'cancel',
  setup: (directives, { environment: { clock } }) => {
    const directive = onlyOnce(directives);
    refuseBlock(directive);
    const [text = DEFAULT_TIMEOUT] = argsOf(directive, 0, 1);
    const timeoutMs = readDuration(text, directive, 'timeout');
    if (timeoutMs <= 0) throw new CorefileError(`invalid timeout: ${text}`, directive.position);
    const orLate = async (answer: Promise<Answer | undefined>): Promise<Answer | undefined> => {
      const { promise, resolve } = Promise.withResolvers<Answer>();
      const late = { ...failure(RCODE.SERVFAIL), error: `context deadline exceeded (${text})` };
      const timer = clock.setTimer(timeoutMs, () => resolve(late));
      try {
        return await Promise.race([answer, promise]);
      } finally {
        timer[Symbol.dispose]();
      }
    };
    return {
      plugin: (query, next) => {
        const answer = next(query);
        return answer instanceof Promise ? orLate(answer) : answer;
      },
    };
  },
};
