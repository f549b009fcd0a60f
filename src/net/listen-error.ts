import type { LocalPort, PortHolder } from './port-holder.ts';
import { PodlaneError } from './podlane-error.ts';

export interface ListenErrorContext {
  readonly cause: unknown;
  /** The program that holds the port, where the OS tells. */
  readonly holder?: PortHolder | undefined;
  /** What to do about a taken port; a flag, say. */
  readonly hint?: string | undefined;
  /** The port that was asked for first, where `local.port` stands in for it. */
  readonly insteadOf?: number | undefined;
}

/** The error to show when the OS does not let us listen at `local`. */
export function describeListenError(local: LocalPort, context: ListenErrorContext): PodlaneError {
  const { cause } = context;
  switch (codeOf(cause)) {
    case 'EADDRINUSE':
      return addressInUse(local, context);
    case 'EADDRNOTAVAIL':
      return new PodlaneError(
        'ERR_ADDRESS_NOT_AVAILABLE',
        `${nameOf(local)} is not an address of this host`,
        {
          hint: 'Where the OS has only 127.0.0.1, reach ClusterIPs and Pods through the entry (socks5h://127.0.0.1:10080).',
          cause,
        },
      );
    case 'EACCES':
      return new PodlaneError(
        'ERR_ADDRESS_FORBIDDEN',
        `${nameOf(local)} is not allowed to this user`,
        {
          hint: context.hint ?? 'Choose a port from 1024 on.',
          cause,
        },
      );
    case 'EMFILE':
    case 'ENFILE':
      return tooManyOpenFiles(`cannot listen on ${nameOf(local)}`, { cause });
    default:
      return new PodlaneError(
        'ERR_LISTEN_FAILED',
        `cannot listen on ${nameOf(local)}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
  }
}

/** The error for a process that has used up its file descriptors. */
export function tooManyOpenFiles(
  what: string,
  { cause, limit }: { readonly cause: unknown; readonly limit?: number },
): PodlaneError {
  const known = limit === undefined ? '' : ` (${limit} are allowed)`;
  const remedy = 'raise the limit with `ulimit -n`, or close connections';
  return new PodlaneError(
    'ERR_TOO_MANY_OPEN_FILES',
    `${what}: too many open files${known}: ${remedy}`,
    { cause },
  );
}

/** The `code` of a Node error, '' for anything else. */
export function codeOf(error: unknown): string {
  const isCoded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isCoded ? String(error.code) : '';
}

function addressInUse(local: LocalPort, context: ListenErrorContext): PodlaneError {
  const { holder, insteadOf, hint, cause } = context;
  const instead = insteadOf === undefined ? '' : `, which stands in for port ${insteadOf},`;
  return new PodlaneError(
    'ERR_ADDRESS_IN_USE',
    `${nameOf(local)}${instead} is ${stateOf(holder)}`,
    {
      hint: hint ?? 'Choose another port.',
      cause,
    },
  );
}

/** Only what is known of who has it. */
function stateOf(holder: PortHolder | undefined): string {
  if (holder === undefined) return 'taken';
  if (holder.kind === 'program') return `held by ${holder.program} (pid ${holder.pid})`;
  return `held by a program of ${holder.uid === 0 ? 'root' : `the user with id ${holder.uid}`}`;
}

function nameOf({ protocol, address, port }: LocalPort): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return `${protocol.toLowerCase()} ${host}:${port}`;
}
