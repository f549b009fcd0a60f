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
  SHELL_IMAGES,
  understandCommand,
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
    const { image = '', ports = [] } = container;
    const hasShell = isShellImage(image);
    if (runsUnderstood(container, hasShell)) return shell;
    if (hasShell && waitsForSomebody(container)) return shell;
    const named = byImage(image);
    if (isTask(container, pod) && !keepsProgram(named, container)) return task;
    if (named !== undefined) return named;
    return hasShell && ports.length === 0 ? pause : echo;
  };
}

/** Whether all of the container's command is known here; the arguments of an image that is no shell are its own. */
function runsUnderstood({ command = [], args = [] }: Container, hasShell: boolean): boolean {
  const isCommand = command.length > 0 || hasShell;
  return isCommand && understandCommand([...command, ...args]) !== undefined;
}

/** Whether the container is to come to an end: a Job's, or one that initializes. */
function isTask(container: Container, { metadata, spec }: Pod): boolean {
  const isInit = spec?.initContainers?.some(({ name }) => name === container.name) ?? false;
  if (isInit) return container.restartPolicy !== 'Always';
  const isJobs = metadata.ownerReferences?.some(({ kind }) => kind === 'Job') ?? false;
  return isJobs && (spec?.restartPolicy ?? 'Always') !== 'Always';
}

/** Whether a known image runs its own program: no command, or one that names it. */
function keepsProgram(workload: Workload | undefined, { command = [] }: Container): boolean {
  const [program = workload?.name] = command;
  return workload !== undefined && program?.replace(/^.*\//, '') === workload.name;
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
