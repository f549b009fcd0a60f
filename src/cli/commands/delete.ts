import { EXIT, flagOption, type Command } from '../command.ts';
import { LIST_OPTIONS, listRequestOf } from '../list-request.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane delete`: deletes objects by name. */
export const deleteCommand: Command = {
  name: 'delete',
  usage: [
    'delete TYPE NAME… [-n NAMESPACE]',
    'delete TYPE -l SELECTOR | --all [-n NAMESPACE | -A]',
  ],
  description:
    'Deletes objects of the running instance. What a file describes comes back when the file is saved again.',
  options: { ...LIST_OPTIONS, all: { type: 'boolean', help: 'all objects of the type' } },
  examples: ['delete pod web-0', 'delete svc/web svc/api', 'delete pods -l app=web'],
  run: async (invocation) => {
    const { values, terminal, client } = invocation;
    const request = listRequestOf(invocation, 'delete');
    const { names = [], labelSelector, fieldSelector } = request;
    const isChosen = (labelSelector ?? fieldSelector) !== undefined || flagOption(values, 'all');
    if (names.length === 0 && !isChosen)
      throw new UsageError(
        'podlane delete: no object named',
        'For example `podlane delete pod web-0`, or `podlane delete pods -l app=web`.',
      );
    for (const line of await client().call('delete', request)) terminal.out(`${line} deleted`);
    return EXIT.Ok;
  },
};
