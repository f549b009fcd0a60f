/** Says which server answered, to those who ask. */
import { hostname } from 'node:os';
import type { Answer } from '../../answer.ts';
import { onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';
import { EDNS_OPTION, type EdnsOption } from '../../wire/index.ts';

/** What CoreDNS writes where no plugin wrote one: only its DO is seen. */
const NEW_EDNS = { udpSize: 4096, isDnssecOk: true } as const;

/** `nsid [DATA]` @see RFC 5001 */
export const nsid: PluginDefinition = {
  name: 'nsid',
  setup: (directives) => {
    const directive = onlyOnce(directives);
    refuseBlock(directive);
    const { args } = directive;
    const data = Buffer.from(args.length === 0 ? hostname() : args.join(' '));
    const option: EdnsOption = { code: EDNS_OPTION.NSID, data };
    const finish = (answer: Answer | undefined): Answer | undefined => {
      if (answer === undefined || answer.isBare === true) return answer;
      const { ednsOptions, ownEdns = ednsOptions === undefined ? NEW_EDNS : undefined } = answer;
      const others = (ednsOptions ?? []).filter(({ code }) => code !== EDNS_OPTION.NSID);
      return { ...answer, ednsOptions: [...others, option], ...(ownEdns && { ownEdns }) };
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
