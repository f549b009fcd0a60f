import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseProcNet, type ProcSocket } from './proc-net.ts';

/** What can be seen of the program that holds a port. */
export type PortHolder =
  | {
      readonly kind: 'program';
      readonly pid: number;
      /** Its name, and that of its script: `nginx`, `node server.js`. */
      readonly program: string;
    }
  /** Somebody else's: only whose it is can be seen. */
  | { readonly kind: 'user'; readonly uid: number };

/** Which local port is meant. */
export interface LocalPort {
  readonly protocol: 'TCP' | 'UDP';
  readonly address: string;
  readonly port: number;
}

const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];
const LISTENING = { TCP: '0A', UDP: '07' } as const;

/**
 * Finds the program that keeps others from binding `local`.
 *
 * @returns undefined where the OS does not tell: not Linux, or a program outside of what is seen here.
 */
export async function findPortHolder(local: LocalPort): Promise<PortHolder | undefined> {
  const sockets = await socketsAt(local);
  const [first] = sockets;
  if (first === undefined) return undefined;
  const inodes = new Set(sockets.map(({ inode }) => `socket:[${inode}]`));
  for (const pid of await entriesOf('/proc')) {
    if (!/^\d+$/.test(pid) || !(await holdsAny(pid, inodes))) continue;
    return { kind: 'program', pid: Number(pid), program: await programOf(pid) };
  }
  return { kind: 'user', uid: first.uid };
}

async function socketsAt({ protocol, address, port }: LocalPort): Promise<readonly ProcSocket[]> {
  const name = protocol.toLowerCase();
  const tables = [`/proc/net/${name}`, `/proc/net/${name}6`];
  const texts = await Promise.all(tables.map((path) => readFile(path, 'utf8').catch(() => '')));
  return texts
    .flatMap(parseProcNet)
    .filter(
      (socket) =>
        socket.port === port &&
        socket.state === LISTENING[protocol] &&
        (socket.address === address || WILDCARDS.includes(socket.address)),
    );
}

async function holdsAny(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const fd of await entriesOf(folder)) {
    const target = await readlink(`${folder}/${fd}`).catch(() => '');
    if (inodes.has(target)) return true;
  }
  return false;
}

/** From how it was started: the kernel's name may be that of a thread. A title (`nginx: master process`) ends at the colon. */
async function programOf(pid: string): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const [program = '', script = ''] = line.split('\0');
  const names = [program.replace(/:.*$/s, ''), ...(script.startsWith('-') ? [] : [script])];
  return names
    .map((path) => basename(path))
    .filter((name) => name !== '')
    .join(' ');
}

/** Processes end while they are looked at, and those of others cannot be read: both are empty. */
function entriesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
