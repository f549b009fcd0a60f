import type { Container } from '../../../api/index.ts';
import { imageMatches, imagePath } from '../../image.ts';
import type { AttachedStreams, Workload } from '../../workload.ts';
import { baseName, isShell } from './command.ts';
import { SHELL_COMMANDS } from './commands.ts';
import {
  type CommandPlace,
  runStreaming,
  type UnderstoodCommand,
  understandCommand,
} from './run-command.ts';
import { Capture, NO_INPUT } from './streams.ts';

export { understandCommand, unknownPartOf } from './run-command.ts';

type Place = CommandPlace & Required<Pick<CommandPlace, 'signal'>>;

/** Images whose own program is a shell, or one that does what its arguments say. */
export const SHELL_IMAGES: readonly string[] = [
  'busybox',
  'alpine',
  'bash',
  'ubuntu',
  'debian',
  'centos',
  'fedora',
  'curlimages/curl',
  'curl',
  'netshoot',
  'dnsutils',
  'jessie-dnsutils',
];

/** Runs the container's command, as far as it is understood, and ends with it; listens on nothing. */
export function createShellWorkload(): Workload {
  return {
    name: 'shell',
    images: SHELL_IMAGES,
    serve: (context, pod) => {
      const command = programWords({ ...context, image: context.container.image ?? '' });
      const understood = understandCommand(command);
      const ended = new AbortController();
      const place = { context, pod, isOwn: true, signal: ended.signal };
      if (understood !== undefined) void runMain(understood, place);
      return {
        tcp: [],
        udp: [],
        ...(waitsForSomebody(context.container) && {
          attach: (streams: AttachedStreams) => talk(command, streams, place),
        }),
        // A shell that is process 1 would ignore it; waiting for the grace period helps nobody here.
        terminate: () => pod.exit(143),
        dispose: () => ended.abort(),
      };
    },
  };
}

/** What the command prints is the container's log, and how it ends is how the container does. */
async function runMain(understood: UnderstoodCommand, place: Place): Promise<void> {
  const { pod } = place;
  const stderr = new Capture(4096);
  const streams = {
    stdin: NO_INPUT,
    stdout: { write: (bytes: string | Uint8Array): void => pod.write(bytes, 'stdout') },
    stderr: {
      write: (bytes: string | Uint8Array): void => {
        stderr.write(bytes);
        pod.write(bytes, 'stderr');
      },
    },
  };
  try {
    const exitCode = await runStreaming(understood, place, streams);
    pod.exit(exitCode, exitCode === 0 ? undefined : stderr.text().trim());
  } catch (error) {
    pod.exit(1, error instanceof Error ? error.message : undefined);
  }
}

/** Whether a container's program is a shell that is told what to do by whoever attaches to it. */
export function waitsForSomebody({
  stdin = false,
  image = '',
  command = [],
  args = [],
}: Container): boolean {
  const words = [...command, ...args];
  const [program = imagePath(image).at(-1) ?? ''] = words;
  const isBare = words.length <= 1 || words.slice(1).every((word) => /^-[il]+$/.test(word));
  return stdin && isBare && (words.length === 0 || isShell(program));
}

/** The program ends with whoever talks to it. */
async function talk(
  command: readonly string[],
  streams: AttachedStreams,
  place: Place,
): Promise<number> {
  const { runSession } = await import('./session.ts');
  const exitCode = await runSession(command.length === 0 ? ['sh'] : command, streams, place);
  if (!streams.signal.aborted) place.pod.exit(exitCode);
  return exitCode;
}

/** Ends at once with 0: what a Job runs, when nobody here knows what that is. */
export function createTaskWorkload(): Workload {
  return {
    name: 'task',
    images: [],
    serve: (_context, pod) => {
      pod.exit(0);
      return { tcp: [], udp: [] };
    },
  };
}

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
