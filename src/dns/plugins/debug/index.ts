/** Says more about queries while somebody looks for a mistake. */
import { argsOf, onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';
import { formatRecord, rcodeName, typeName } from '../../wire/index.ts';

/** `debug` */
export const debug: PluginDefinition = {
  name: 'debug',
  setup: (directives, { environment: { print } }) => {
    const directive = onlyOnce(directives);
    argsOf(directive, 0);
    refuseBlock(directive);
    return {
      observe: ({ query, client, answer }) => {
        const outcome = answer === undefined ? 'no reply' : rcodeName(answer.rcode);
        const records = (answer?.answers ?? []).map(formatRecord).join('; ');
        const from = `${client.address}:${client.port}`;
        const what = `${query.name} ${typeName(query.qtype)} from ${from}`;
        print(`[DEBUG] ${what}: ${outcome}${records === '' ? '' : `: ${records}`}`);
      },
    };
  },
};
