import { checkCorefile, kubeadmCorefile } from '../../index.ts';
import { EXIT, textOption, type Command } from '../command.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane corefile`: what the cluster's DNS is told. */
export const corefile: Command = {
  name: 'corefile',
  usage: ['corefile [--cluster-domain DOMAIN]', 'corefile FILE'],
  description:
    "Prints the Corefile that the cluster's DNS has where nothing else is said: kubeadm's. With FILE: says what that Corefile\nserves, or what is wrong with it, without starting anything.",
  options: {
    'cluster-domain': {
      type: 'string',
      value: 'DOMAIN',
      help: 'the domain of the cluster (default cluster.local)',
    },
  },
  examples: ['corefile', 'corefile > Corefile', 'corefile Corefile'],
  run: async ({ positionals, values, terminal }) => {
    const [file, ...more] = positionals;
    if (more.length > 0) throw new UsageError('podlane corefile: takes one file');
    if (file === undefined) {
      terminal.write(kubeadmCorefile(textOption(values, 'cluster-domain')));
      return EXIT.Ok;
    }
    const zones = await checkCorefile(file, { variables: terminal.env });
    for (const zone of zones) terminal.out(zone);
    return EXIT.Ok;
  },
};
