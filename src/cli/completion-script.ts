import type { Command } from './command.ts';

/** Shells that there are scripts for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const TYPES =
  'pods svc deploy sts ds rs jobs cronjobs ing netpol endpointslices nodes ns cm secrets sa events';
/** Verbs whose second word is a type, and its third a name that the running instance knows. */
const BY_TYPE = ['get', 'describe', 'delete', 'scale'];
const FORMATS = 'wide json yaml name';

/** The script that teaches a shell podlane's verbs and options, and asks the running instance for names. */
export function completionScript(
  shell: (typeof SHELLS)[number],
  commands: readonly Command[],
): string {
  return SCRIPTS[shell](commands);
}

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], (commands: readonly Command[]) => string>> =
  { bash, zsh, fish };

function verbsOf(commands: readonly Command[]): string {
  return [...commands.map(({ name }) => name), 'help'].join(' ');
}

function optionsOf({ options }: Command): readonly string[] {
  const own = Object.entries(options).map(
    ([name, { default: standard }]) => `--${standard === true ? 'no-' : ''}${name}`,
  );
  return [...own, '--help'];
}

/** Names of a type, in the namespace that the line names. */
const namesOf = (type: string): string =>
  `podlane get ${type} "$\{namespace[@]}" -o name 2>/dev/null | cut -d/ -f2`;
const NAMESPACES = 'podlane get ns -o name 2>/dev/null | cut -d/ -f2';

function bash(commands: readonly Command[]): string {
  const options = commands.map(
    (command) => `      ${command.name}) words='${optionsOf(command).join(' ')}' ;;`,
  );
  return `_podlane() {
  local word="$\{COMP_WORDS[COMP_CWORD]}" previous="$\{COMP_WORDS[COMP_CWORD-1]}" verb="$\{COMP_WORDS[1]}" type="$\{COMP_WORDS[2]}"
  local words='' index namespace=()
  for ((index = 2; index < COMP_CWORD; index++)); do
    case "$\{COMP_WORDS[index]}" in -n|--namespace) namespace=(-n "$\{COMP_WORDS[index+1]}") ;; esac
  done
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then words='${verbsOf(commands)}'
  elif [ "$previous" = -n ] || [ "$previous" = --namespace ]; then words="$(${NAMESPACES})"
  elif [ "$previous" = -o ] || [ "$previous" = --output ]; then words='${FORMATS}'
  elif [[ "$word" == -* ]]; then
    case "$verb" in
${options.join('\n')}
    esac
  else
    case "$verb" in
      ${BY_TYPE.join('|')})
        if [ "$COMP_CWORD" -eq 2 ]; then words='${TYPES}'
        else words="$(${namesOf('"$type"')})"; fi ;;
      help) words='${verbsOf(commands)}' ;;
      completion) words='${SHELLS.join(' ')}' ;;
      *) COMPREPLY=($(compgen -f -- "$word")); return ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _podlane podlane`;
}

function zsh(commands: readonly Command[]): string {
  const options = commands.map(
    (command) => `      ${command.name}) compadd -- ${optionsOf(command).join(' ')} ;;`,
  );
  return `#compdef podlane
_podlane() {
  local -a namespace
  local at=$words[(I)(-n|--namespace)]
  if (( at > 0 && at + 1 < CURRENT )); then namespace=(-n $words[at+1]); fi
  if (( CURRENT == 2 )); then compadd ${verbsOf(commands)}; return; fi
  case "$words[CURRENT-1]" in
    -n|--namespace) compadd $(${NAMESPACES}); return ;;
    -o|--output) compadd ${FORMATS}; return ;;
  esac
  if [[ "$words[CURRENT]" == -* ]]; then
    case "$words[2]" in
${options.join('\n')}
    esac
    return
  fi
  case "$words[2]" in
    ${BY_TYPE.join('|')}) if (( CURRENT == 3 )); then compadd ${TYPES}; else compadd $(${namesOf('"$words[3]"')}); fi ;;
    help) compadd ${verbsOf(commands)} ;;
    completion) compadd ${SHELLS.join(' ')} ;;
    *) _files ;;
  esac
}
compdef _podlane podlane`;
}

function fish(commands: readonly Command[]): string {
  const rule = 'complete -c podlane';
  const seen = `__fish_seen_subcommand_from ${BY_TYPE.join(' ')}`;
  const count = 'test (count (commandline -opc))';
  const options = commands.flatMap(({ name, options: own }) =>
    Object.entries(own).map(([option, { short, type, help, default: standard }]) =>
      [
        `${rule} -n '__fish_seen_subcommand_from ${name}' -l ${standard === true ? 'no-' : ''}${option}`,
        ...(short === undefined ? [] : [`-s ${short}`]),
        ...(type === 'string' ? ['-r'] : []),
        `-d '${help.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
      ].join(' '),
    ),
  );
  return [
    `${rule} -f -n __fish_use_subcommand -a '${verbsOf(commands)}'`,
    `${rule} -f -n '__fish_seen_subcommand_from help' -a '${verbsOf(commands)}'`,
    `${rule} -f -n '__fish_seen_subcommand_from completion' -a '${SHELLS.join(' ')}'`,
    `${rule} -f -n '${seen}; and ${count} -eq 2' -a '${TYPES}'`,
    `${rule} -f -n '${seen}; and ${count} -gt 2' -a '(podlane get (commandline -opc)[3] -o name 2>/dev/null | cut -d/ -f2)'`,
    ...options,
  ].join('\n');
}
