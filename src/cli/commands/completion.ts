import { EXIT, type Command } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { COMMANDS } from './index.ts';

const TYPES =
  'pods svc deploy sts ds rs jobs cronjobs ing netpol endpointslices nodes ns cm secrets sa events';
/** Verbs whose second word is a type, and its third a name that the running instance knows. */
const BY_TYPE = 'get|describe|delete|scale';

/** `podlane completion`: a script for the shell, with the live names of the running instance. */
export const completion: Command = {
  name: 'completion',
  usage: ['completion bash|zsh|fish'],
  description: 'Prints a completion script. Names of objects come from the running instance.',
  options: {},
  examples: [
    'completion bash > ~/.local/share/bash-completion/completions/podlane',
    'completion fish | source',
  ],
  run: async ({ positionals, terminal }) => {
    const [shell = ''] = positionals;
    const script = SCRIPTS[shell];
    if (script === undefined)
      throw new UsageError(
        `podlane completion: no script for "${shell}"`,
        'Shells: bash, zsh, fish.',
      );
    terminal.out(script(COMMANDS.map(({ name }) => name).join(' ')));
    return EXIT.Ok;
  },
};

const NAMES = (word: string): string => `podlane get "${word}" -o name 2>/dev/null | cut -d/ -f2`;

const SCRIPTS: Readonly<Record<string, (verbs: string) => string>> = {
  bash: (verbs) => `_podlane() {
  local word="\${COMP_WORDS[COMP_CWORD]}" verb="\${COMP_WORDS[1]}" type="\${COMP_WORDS[2]}"
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W '${verbs}' -- "$word")); return; fi
  case "$verb" in
    ${BY_TYPE})
      if [ "$COMP_CWORD" -eq 2 ]; then COMPREPLY=($(compgen -W '${TYPES}' -- "$word"))
      else COMPREPLY=($(compgen -W "$(${NAMES('$type')})" -- "$word")); fi ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -F _podlane podlane`,
  zsh: (verbs) => `#compdef podlane
_podlane() {
  if (( CURRENT == 2 )); then compadd ${verbs}; return; fi
  case "$words[2]" in
    ${BY_TYPE}) if (( CURRENT == 3 )); then compadd ${TYPES}; else compadd $(${NAMES('$words[3]')}); fi ;;
    *) _files ;;
  esac
}
compdef _podlane podlane`,
  fish: (verbs) => `complete -c podlane -f -n __fish_use_subcommand -a '${verbs}'
complete -c podlane -f -n '__fish_seen_subcommand_from ${BY_TYPE.replaceAll('|', ' ')}; and test (count (commandline -opc)) -eq 2' -a '${TYPES}'
complete -c podlane -f -n '__fish_seen_subcommand_from ${BY_TYPE.replaceAll('|', ' ')}; and test (count (commandline -opc)) -gt 2' -a '(podlane get (commandline -opc)[3] -o name 2>/dev/null | cut -d/ -f2)'`,
};
