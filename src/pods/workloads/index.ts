import type { Container, Pod } from '../../api/index.ts';
import { imageMatches, imagePath } from '../image.ts';
import type { Workload } from '../workload.ts';
import { createAgnhostWorkload } from './agnhost/index.ts';
import { createCorednsWorkload, type ServeDnsBytes } from './coredns/index.ts';
import { createEchoBasicWorkload } from './echo-basic/index.ts';
import { createEchoServerWorkload } from './echo-server/index.ts';
import { createEchoWorkload } from './echo/index.ts';
import { createHelloAppWorkload } from './hello-app/index.ts';
import { createHttpEchoWorkload } from './http-echo/index.ts';
import { createPauseWorkload } from './pause/index.ts';
import {
  createShellWorkload,
  createTaskWorkload,
  programWords,
  SHELL_IMAGES,
  understandCommand,
  unknownPartOf,
  waitsForSomebody,
} from './shell/index.ts';
import { createWebServerWorkloads } from './web-server/index.ts';
import { createWhoamiWorkload } from './whoami/index.ts';

/** Chooses the workload of a container. */
export type SelectWorkload = (container: Container, pod: Pod) => Workload;

export interface WorkloadsOptions {
  /** What the `coredns` image answers. @default nothing listens on its DNS ports */
  readonly serveDnsBytes?: ServeDnsBytes | undefined;
}

/**
 * The workloads, and the rule that chooses among them:
 *
 * 1. a command that is understood to its last word is run, whatever the image;
 * 2. a Job's containers and init containers that no workload knows end at once with 0, as do those whose own command
 *    replaces a known image's program;
 * 3. the first workload that the image names; 4. `echo`.
 */
export function createWorkloads({ serveDnsBytes }: WorkloadsOptions = {}): SelectWorkload {
  const echo = createEchoWorkload();
  const shell = createShellWorkload();
  const task = createTaskWorkload();
  const pause = createPauseWorkload();
  // The more specific image names come first: `echo-server` and `hello` are common.
  const known: readonly Workload[] = [
    createAgnhostWorkload(),
    createEchoBasicWorkload(),
    createHttpEchoWorkload(),
    createHelloAppWorkload(),
    createWhoamiWorkload(),
    createEchoServerWorkload(),
    ...createWebServerWorkloads(),
    createCorednsWorkload(serveDnsBytes),
    pause,
  ];
  const byImage = memoize((image) => known.find((workload) => isFor(workload.images, image)));
  const isShellImage = memoize((image) => isFor(SHELL_IMAGES, image));
  return (container, pod) => {
    const { image = '' } = container;
    const hasShell = isShellImage(image);
    const words = givenWords(container, hasShell);
    if (understandCommand(words) !== undefined) return shell;
    if (hasShell && waitsForSomebody(container)) return shell;
    const named = byImage(image);
    if (named !== undefined && keepsProgram(named, container)) return named;
    const other = named ?? (hasShell && hasNoPorts(container) ? pause : echo);
    const chosen = isTask(container, pod) ? task : other;
    return words.length === 0 ? chosen : telling(chosen, words);
  };
}

function hasNoPorts({ ports = [] }: Container): boolean {
  return ports.length === 0;
}

/** What the container is told to run; the arguments of an image that is no shell are its own. */
function givenWords(container: Container, hasShell: boolean): readonly string[] {
  const isCommand = (container.command ?? []).length > 0 || hasShell;
  return isCommand ? programWords(container) : [];
}

/** The workload, which says first that it stands for something else. */
function telling(workload: Workload, words: readonly string[]): Workload {
  return {
    ...workload,
    serve: (context, pod) => {
      const unknown = unknownPartOf(words) ?? words.join(' ');
      if (unknown.replace(/^.*\//, '') !== workload.name) pod.print(noticeOf(unknown, workload));
      return workload.serve(context, pod);
    },
  };
}

const MAX_SHOWN = 120;

function noticeOf(unknown: string, { name }: Workload): string {
  const [line = ''] = unknown.split('\n');
  const isCut = line !== unknown || line.length > MAX_SHOWN;
  const what = `${line.slice(0, MAX_SHOWN)}${isCut ? '…' : ''}`;
  const instead = INSTEAD[name] ?? `${name} answers on its ports`;
  return `podlane does not run ${what}: Pods have no images here. Instead, ${instead}; hand the Pod's traffic to a process of yours with --pod to have the real program answer`;
}

const INSTEAD: Readonly<Record<string, string>> = {
  task: 'the container ends at once with 0',
  pause: 'the container waits, and listens on nothing',
};

/** Whether the container is to come to an end: a Job's, or one that initializes. */
function isTask(container: Container, { metadata, spec }: Pod): boolean {
  const isInit = spec?.initContainers?.some(({ name }) => name === container.name) ?? false;
  if (isInit) return container.restartPolicy !== 'Always';
  const isJobs = metadata.ownerReferences?.some(({ kind }) => kind === 'Job') ?? false;
  return isJobs && (spec?.restartPolicy ?? 'Always') !== 'Always';
}

/** Whether a known image runs its own program: no command, or one that names it. */
function keepsProgram({ name }: Workload, { command = [] }: Container): boolean {
  const [program = name] = command;
  return program.replace(/^.*\//, '') === name;
}

function isFor(images: readonly string[], image: string): boolean {
  const path = imagePath(image);
  return images.some((pattern) => imageMatches(path, pattern));
}

function memoize<T>(compute: (image: string) => T): (image: string) => T {
  const known = new Map<string, { readonly value: T }>();
  return (image) => {
    const before = known.get(image);
    if (before !== undefined) return before.value;
    const value = compute(image);
    known.set(image, { value });
    return value;
  };
}
