import { EXIT, NAME_OPTION, type Command } from '../command.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane kubeconfig`: what kubectl needs to reach the running instance. */
export const kubeconfig: Command = {
  name: 'kubeconfig',
  usage: ['kubeconfig'],
  description:
    'Prints a kubeconfig with the running instance alone. It holds its credentials, which end with it.\n`podlane up` adds the same as the context podlane-NAME to your own kubeconfig, unless --kubeconfig says otherwise.',
  options: { ...NAME_OPTION },
  examples: [
    'kubeconfig > kubeconfig.yaml',
    'kubeconfig | kubectl --kubeconfig /dev/stdin get pods',
  ],
  run: async ({ positionals, terminal, client }) => {
    if (positionals.length > 0) throw new UsageError('podlane kubeconfig: takes no argument');
    const { text } = await client().call('kubeconfig', {});
    terminal.write(text);
    return EXIT.Ok;
  },
};
