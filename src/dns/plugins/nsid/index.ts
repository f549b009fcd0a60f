/** Says which server answered, to those who ask. */
import { hostname } from 'node:os';
import type { Answer } from '../../answer.ts';
import { onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';
import { EDNS_OPTION, type EdnsOption } from '../../wire/index.ts';

/** `nsid [DATA]` @see RFC 5001 */
export const nsid: PluginDefinition = {
  name: 'nsid',
  setup: (directives) => {
    const directive = onlyOnce(directives);
    refuseBlock(directive);
    const { args } = directive;
    const data = Buffer.from(args.length === 0 ? hostname() : args.join(' '));
    const option: EdnsOption = { code: EDNS_OPTION.NSID, data };
    const finish = (answer: Answer | undefined): Answer | undefined =>
      answer && {
        ...answer,
        ednsOptions: [
          ...(answer.ednsOptions ?? []).filter(({ code }) => code !== EDNS_OPTION.NSID),
          option,
        ],
      };
    return {
      plugin: (query, next) => {
        const isAsked = query.edns?.options.some(({ code }) => code === EDNS_OPTION.NSID) === true;
        const answer = next(query);
        if (!isAsked) return answer;
        return answer instanceof Promise ? answer.then(finish) : finish(answer);
      },
    };
  },
};
