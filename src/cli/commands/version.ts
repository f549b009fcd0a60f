import { EXIT, isJson, type Command } from '../command.ts';
import { packageVersion } from '../package-version.ts';

/** `podlane version`. */
export const version: Command = {
  name: 'version',
  usage: ['version [-o json]'],
  description: 'Prints the version of podlane, of Node and of the platform.',
  options: { output: { type: 'string', short: 'o', value: 'FORMAT', help: 'json' } },
  examples: ['version', 'version -o json'],
  run: async ({ values, terminal }) => {
    const facts = packageVersion();
    terminal.out(
      isJson(values, 'version')
        ? JSON.stringify(facts)
        : `podlane ${facts.podlane} (node ${facts.node}, ${facts.platform})`,
    );
    return EXIT.Ok;
  },
};
