import { EXIT, NAME_OPTION, NAMESPACE_OPTION, textOption, type Command } from '../command.ts';
import { readResourceArguments } from '../resource-arguments.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane delete`: deletes objects by name. */
export const deleteCommand: Command = {
  name: 'delete',
  usage: ['delete TYPE NAME… [-n NAMESPACE]'],
  description:
    'Deletes objects of the running instance. What a file describes comes back when the file is saved again.',
  options: { ...NAME_OPTION, ...NAMESPACE_OPTION },
  examples: ['delete pod web-0', 'delete svc/web deploy/web'],
  run: async ({ positionals, values, terminal, client }) => {
    const request = {
      ...readResourceArguments(positionals, 'delete'),
      namespace: textOption(values, 'namespace') ?? 'default',
    };
    if (request.names.length === 0)
      throw new UsageError(
        'podlane delete: no object named',
        'For example `podlane delete pod web-0`.',
      );
    for (const line of await client().call('delete', request)) terminal.out(`${line} deleted`);
    return EXIT.Ok;
  },
};
