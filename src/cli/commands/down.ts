import { EXIT, NAME_OPTION, type Command } from '../command.ts';

/** `podlane down`: ends a running instance and waits until it is gone. */
export const down: Command = {
  name: 'down',
  usage: ['down [--name NAME]'],
  description: 'Stops a running instance; its sockets are closed when the command returns.',
  options: { ...NAME_OPTION },
  examples: ['down', 'down --name ci'],
  run: async ({ terminal, client }) => {
    const { pid } = await client().call('down', {});
    await client().ended();
    terminal.err(`stopped (pid ${pid})`);
    return EXIT.Ok;
  },
};
