import { type Invocation, SILENT_CONTAINER, type Subcommand } from './subcommand.ts';

/** A subcommand that prints a line and ends. */
export function printCommand(print: (invocation: Invocation) => string): Subcommand {
  return {
    run: (invocation) => {
      const text = print(invocation);
      invocation.pod.print(text.replace(/\n$/, ''));
      invocation.pod.exit(0, text);
      return SILENT_CONTAINER;
    },
    exec: async (invocation) => ({ exitCode: 0, stdout: print(invocation), stderr: '' }),
  };
}
