import type { CommandStreams } from './pod-access.ts';

/** Which streams the client wants. @see PodExecOptions */
export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** A client that waits for a command's output. */
export interface RemoteCommand extends AsyncDisposable {
  readonly streams: CommandStreams;
  /** Tells how the command ended, once all its output is on its way. */
  finish(outcome: Outcome): Promise<void>;
}

/** How a command ended: with an exit code, or not run at all. */
export type Outcome =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'failed'; readonly message: string };

/** The `metav1.Status` of an outcome, as protocols from v4 on carry it. */
export function statusOf(outcome: Outcome): object {
  if (outcome.kind === 'exited' && outcome.exitCode === 0)
    return { metadata: {}, status: 'Success' };
  if (outcome.kind === 'failed')
    return {
      metadata: {},
      status: 'Failure',
      message: outcome.message,
      reason: 'InternalError',
      details: { causes: [{ message: outcome.message }] },
      code: 500,
    };
  return {
    metadata: {},
    status: 'Failure',
    message: messageOf(outcome),
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(outcome.exitCode) }] },
  };
}

/** The text of an outcome, as protocols before v4 carry it; '' for success. */
export function messageOf(outcome: Outcome): string {
  if (outcome.kind === 'failed') return outcome.message;
  return outcome.exitCode === 0
    ? ''
    : `command terminated with non-zero exit code: exit status ${outcome.exitCode}`;
}

/** Channels of the WebSocket protocols, and names of SPDY's streams. */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;
