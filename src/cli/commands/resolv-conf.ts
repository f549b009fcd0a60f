import {
  EXIT,
  flagOption,
  NAME_OPTION,
  NAMESPACE_OPTION,
  textOption,
  type Command,
} from '../command.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane resolv-conf`: what a Pod's resolver is told. */
export const resolvConf: Command = {
  name: 'resolv-conf',
  usage: ['resolv-conf [POD] [-n NAMESPACE] [--host]'],
  description: `Prints the resolv.conf that the kubelet writes for a Pod, by its dnsPolicy and dnsConfig; without POD that of a Pod in the
namespace default. With --host the nameserver is where this host reaches the cluster's DNS, so that a program that
is given the file resolves the cluster's names:

  podlane resolv-conf deploy/web --host > resolv.conf
  unshare -rm sh -c 'mount --bind resolv.conf /etc/resolv.conf && exec getent hosts api'

A resolv.conf has no word for a port: DNS has to be served on port 53 (\`podlane up --dns 127.0.0.1:53\`, or the alias of
kube-dns). Where it is not, a warning says so.`,
  options: {
    host: { type: 'boolean', help: 'nameservers as this host reaches them' },
    ...NAMESPACE_OPTION,
    ...NAME_OPTION,
  },
  examples: ['resolv-conf deploy/web', 'resolv-conf -n shop api --host > resolv.conf'],
  run: async ({ positionals, values, terminal, client }) => {
    const [pod, ...more] = positionals;
    if (more.length > 0) throw new UsageError('podlane resolv-conf: takes one Pod');
    const { text, warnings } = await client().call('resolvConf', {
      namespace: textOption(values, 'namespace') ?? 'default',
      isForHost: flagOption(values, 'host'),
      ...(pod === undefined ? {} : { pod }),
    });
    terminal.write(text);
    for (const warning of warnings)
      terminal.err(`${terminal.style('yellow', 'warning')}: ${warning}`);
    return EXIT.Ok;
  },
};
