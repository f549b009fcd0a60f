import { EXIT, NAME_OPTION, NAMESPACE_OPTION, textOption, type Command } from '../command.ts';
import { readResourceArguments } from '../resource-arguments.ts';

/** `podlane describe`: one object for people, with its events. */
export const describe: Command = {
  name: 'describe',
  usage: ['describe TYPE [NAME…] [-n NAMESPACE]'],
  description: 'Tells an object in detail, with what its controllers said about it.',
  options: { ...NAME_OPTION, ...NAMESPACE_OPTION },
  examples: ['describe svc web', 'describe pod/web-0', 'describe ingress -n shop'],
  run: async ({ positionals, values, terminal, client }) => {
    const request = {
      ...readResourceArguments(positionals, 'describe'),
      namespace: textOption(values, 'namespace') ?? 'default',
    };
    terminal.out(await client().call('describe', request));
    return EXIT.Ok;
  },
};
