import { EXIT, NAME_OPTION, textOption, type Command } from '../command.ts';
import { renderStatus } from '../render-status.ts';
import { UsageError } from '../usage-error.ts';

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
    const output = textOption(values, 'output');
    if (output !== undefined && output !== 'json')
      throw new UsageError(`podlane status: unknown output format "${output}"`, 'Formats: json.');
    const current = await client().call('status', {});
    terminal.out(output === 'json' ? JSON.stringify(current) : renderStatus(current, terminal));
    return EXIT.Ok;
  },
};
