import { EXIT, type Command } from '../command.ts';
import { LIST_OPTIONS, listRequestOf } from '../list-request.ts';

/** `podlane describe`: one object for people, with its events. */
export const describe: Command = {
  name: 'describe',
  usage: ['describe TYPE [NAME…] [-n NAMESPACE | -A] [-l SELECTOR]', 'describe TYPE NAME-PREFIX'],
  description:
    'Tells an object in detail, with what its controllers said about it.\nOne name that no object has stands for all whose names begin so.',
  options: LIST_OPTIONS,
  examples: [
    'describe svc web',
    'describe pod/web-0',
    'describe pod web',
    'describe ingress -n shop',
  ],
  run: async (invocation) => {
    const request = listRequestOf(invocation, 'describe');
    invocation.terminal.out(await invocation.client().call('describe', request));
    return EXIT.Ok;
  },
};
