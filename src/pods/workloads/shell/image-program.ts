import type { Container } from '../../../api/index.ts';
import { imageMatches, imagePath } from '../../image.ts';
import { baseName, isShell } from './command.ts';
import { SHELL_COMMANDS } from './commands.ts';

/** What an image puts before a container's `args` where it has no `command`. */
type Entrypoint = (args: readonly string[]) => readonly string[];

const curl: Entrypoint = (args) => ['curl', ...args];

/** Its script puts `curl` before what is no command. */
const curlUnlessCommand: Entrypoint = (args) => {
  const [first = '-'] = args;
  const isCommand = isShell(first) || SHELL_COMMANDS.has(baseName(first));
  return isCommand && !first.startsWith('-') ? args : curl(args);
};

/** Images of shells and tools that do not simply run what they are given. The more specific ones come first. */
const ENTRYPOINTS: readonly (readonly [string, Entrypoint])[] = [
  ['curlimages/curl', curlUnlessCommand],
  ['curl', curl],
];

/** What a container of a shell's image runs: its `command`, or what the image makes of its `args`. */
export function programWords({
  image = '',
  command = [],
  args = [],
}: Pick<Container, 'args' | 'command' | 'image'>): readonly string[] {
  if (command.length > 0 || args.length === 0) return [...command, ...args];
  const path = imagePath(image);
  const [, entrypoint] = ENTRYPOINTS.find(([pattern]) => imageMatches(path, pattern)) ?? [];
  return entrypoint?.(args) ?? args;
}
