import type { Workload } from '../../workload.ts';
import { runUnderstood, understandCommand } from './run-command.ts';

export { runCommand, runUnderstood, understandCommand } from './run-command.ts';

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
      const command = [...context.command, ...context.args];
      const understood = understandCommand(command);
      const ended = new AbortController();
      if (understood !== undefined) {
        const run = runUnderstood(understood, { context, pod, signal: ended.signal });
        run.then(
          ({ exitCode, stderr }) => pod.exit(exitCode, exitCode === 0 ? undefined : stderr.trim()),
          (error: unknown) => pod.exit(1, error instanceof Error ? error.message : undefined),
        );
      }
      return {
        tcp: [],
        udp: [],
        // A shell that is process 1 would ignore it; waiting for the grace period helps nobody here.
        terminate: () => pod.exit(143),
        dispose: () => ended.abort(),
      };
    },
  };
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
