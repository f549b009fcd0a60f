import { EXIT, isJson, NAME_OPTION, type Command } from '../command.ts';
import { renderStatus } from '../render-status.ts';

/** `podlane status`: the table that `up` printed, as things are now. */
export const status: Command = {
  name: 'status',
  usage: ['status [-o json] [--name NAME]'],
  description:
    'Tells what the running instance serves, where it is reachable, and what is wrong with it.',
  options: {
    ...NAME_OPTION,
    output: { type: 'string', short: 'o', value: 'FORMAT', help: 'json' },
  },
  examples: ['status', 'status -o json'],
  run: async ({ values, terminal, client }) => {
    const isForMachines = isJson(values, 'status');
    const current = await client().call('status', {});
    terminal.out(isForMachines ? JSON.stringify(current) : renderStatus(current, terminal));
    return EXIT.Ok;
  },
};
