import { completionScript, SHELLS } from '../completion-script.ts';
import { EXIT, type Command } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { COMMANDS } from './index.ts';

/** `podlane completion`: a script for the shell, with the live names of the running instance. */
export const completion: Command = {
  name: 'completion',
  usage: ['completion bash|zsh|fish'],
  description:
    'Prints a completion script: verbs, options, types, and the names and namespaces that the running instance has.',
  options: {},
  examples: [
    'completion bash > ~/.local/share/bash-completion/completions/podlane',
    'completion zsh > ~/.zfunc/_podlane',
    'completion fish > ~/.config/fish/completions/podlane.fish',
  ],
  run: async ({ positionals, terminal }) => {
    const [text = ''] = positionals;
    const shell = SHELLS.find((known) => known === text);
    if (shell === undefined)
      throw new UsageError(
        `podlane completion: no script for "${text}"`,
        `Shells: ${SHELLS.join(', ')}.`,
      );
    const commands = await Promise.all(COMMANDS.map(({ load }) => load()));
    terminal.out(completionScript(shell, commands));
    return EXIT.Ok;
  },
};
