/** Replies without what was not asked for. */
import type { Answer } from '../../answer.ts';
import { answerKind } from '../../answer-kind.ts';
import { argsOf, onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';

/** `minimal` */
export const minimal: PluginDefinition = {
  name: 'minimal',
  setup: (directives) => {
    const directive = onlyOnce(directives);
    argsOf(directive, 0);
    refuseBlock(directive);
    return {
      plugin: (query, next) => {
        // Denials and delegations say what they say in the authority section.
        const finish = (answer: Answer | undefined): Answer | undefined => {
          if (answer === undefined || answerKind(query, answer) !== 'success') return answer;
          // An OPT record of another plugin is additional, too.
          const { ednsOptions: _, ownEdns: __, ...rest } = answer;
          return { ...rest, authority: [], additional: [] };
        };
        const answer = next(query);
        return answer instanceof Promise ? answer.then(finish) : finish(answer);
      },
    };
  },
};
