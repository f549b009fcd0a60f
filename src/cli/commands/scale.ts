import { EXIT, NAME_OPTION, NAMESPACE_OPTION, textOption, type Command } from '../command.ts';
import { readResourceArguments } from '../resource-arguments.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane scale`: sets `spec.replicas`. */
export const scale: Command = {
  name: 'scale',
  usage: ['scale TYPE/NAME --replicas N [-n NAMESPACE]'],
  description:
    'Sets the number of replicas of a Deployment, StatefulSet or ReplicaSet. The next save of its file sets it back, where\nthe file says how many, as `kubectl apply` does.',
  options: {
    ...NAME_OPTION,
    ...NAMESPACE_OPTION,
    replicas: { type: 'string', value: 'N', help: 'how many Pods' },
  },
  examples: ['scale deploy/web --replicas 5', 'scale sts/db --replicas 1 -n shop'],
  run: async ({ positionals, values, terminal, client }) => {
    const replicas = textOption(values, 'replicas');
    if (replicas === undefined || !/^\d{1,6}$/.test(replicas)) {
      throw new UsageError(
        'podlane scale: --replicas takes a whole number',
        'For example `podlane scale deploy/web --replicas 3`.',
      );
    }
    const request = {
      ...readResourceArguments(positionals, 'scale'),
      namespace: textOption(values, 'namespace') ?? 'default',
      replicas: Number(replicas),
    };
    if (request.names.length === 0)
      throw new UsageError(
        'podlane scale: no object named',
        'For example `podlane scale deploy/web --replicas 3`.',
      );
    for (const line of await client().call('scale', request)) terminal.out(`${line} scaled`);
    return EXIT.Ok;
  },
};
