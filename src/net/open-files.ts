import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { codeOf, tooManyOpenFiles } from './listen-error.ts';
import type { PodlaneError } from './podlane-error.ts';

/** So many descriptors are kept for what is open already: its own connections, files, the control socket. */
const MOST_KEPT = 64;
/** No limit is so low that a descriptor below is one of the last: the limit need not be known yet. */
const NEVER_SCARCE = 32;
/** Said again only after so long, however many connections are refused. */
const REPORT_EVERY_MS = 10_000;

let limit: number | undefined;
let reportedMs = Number.NEGATIVE_INFINITY;

/**
 * Whether a connection that was just accepted has one of the last file descriptors of this process.
 *
 * The OS library closes connections that it has no descriptor for, and tells nobody. So they are refused while there are
 * some left, and what is open goes on.
 */
export function isLastDescriptor(socket: Socket): boolean {
  const descriptor = descriptorOf(socket);
  if (descriptor < NEVER_SCARCE) return false;
  const most = openFilesLimit();
  return descriptor >= most - Math.min(MOST_KEPT, Math.ceil(most / 8));
}

/** How many file descriptors this process may have; Infinity where the OS does not tell. */
export function openFilesLimit(): number {
  limit ??= readLimit();
  return limit;
}

/**
 * What to tell of a connection that could not be had for lack of descriptors.
 *
 * @returns undefined when that was told a moment ago.
 */
export function describeScarcity(what: string, cause?: unknown): PodlaneError | undefined {
  const nowMs = performance.now();
  if (nowMs - reportedMs < REPORT_EVERY_MS) return undefined;
  reportedMs = nowMs;
  return tooManyOpenFiles(what, { cause, limit: openFilesLimit() });
}

/** Whether an error, or what caused it, is that there is no descriptor left. */
export function isScarcity(error: unknown): boolean {
  const { cause } = error instanceof Error ? error : {};
  return [error, cause].some((one) => ['EMFILE', 'ENFILE'].includes(codeOf(one)));
}

/** The OS gives the lowest number that is free; -1 where it has none. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: number } }; // of every socket of the runtime
  return handle?.fd ?? -1;
}

/** The runtime has raised it as far as it may. */
function readLimit(): number {
  try {
    const row = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return row === null ? Infinity : Number(row[1]);
  } catch {
    return limitFromReport(); // not Linux
  }
}

function limitFromReport(): number {
  const report = process.report?.getReport() as
    | { readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } } }
    | undefined; // as the runtime documents it
  const soft = Number(report?.userLimits?.open_files?.soft);
  return soft > 0 ? soft : Infinity;
}
