import type { Command, OptionSpec } from './command.ts';
import type { CommandEntry } from './commands/index.ts';

/** What `podlane` alone prints. */
export function mainHelp(commands: readonly CommandEntry[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'podlane: a Kubernetes network without a cluster. Manifests in; real UDP and TCP sockets out.',
    '',
    '  podlane up manifests/                                  serve what the manifests describe',
    "  podlane explain 'deploy/web -> http://api/'            why a request goes where it goes",
    '',
    'Verbs:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    '`podlane help VERB` tells more. Exit codes: 0 ok, 1 failed or different, 2 usage, 3 denied or unreachable,',
    '4 manifests invalid, 5 an address or the environment refuses, 130 interrupted.',
  ].join('\n');
}

/** What `podlane VERB --help` prints: examples first. */
export function commandHelp(command: Command): string {
  const options = Object.entries(command.options);
  const heads = options.map(([name, option]) => optionHead(name, option));
  const width = Math.max(0, ...heads.map(({ length }) => length));
  return [
    command.description,
    '',
    'Examples:',
    // An example that pipes into podlane begins with another program.
    ...command.examples.map((example) =>
      example.includes('| podlane') ? `  ${example}` : `  podlane ${example}`,
    ),
    '',
    'Usage:',
    ...command.usage.map((form) => `  podlane ${form}`),
    ...(options.length === 0 ? [] : ['', 'Options:']),
    ...options.map(([, { help, default: standard }], index) => {
      const ending =
        typeof standard === 'string' && standard !== '' ? ` (default ${standard})` : '';
      return `  ${(heads[index] ?? '').padEnd(width)}  ${help}${ending}`;
    }),
  ].join('\n');
}

function optionHead(name: string, { short, value }: OptionSpec): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}
