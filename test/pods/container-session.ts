import type { CommandIo } from '../../src/pods/index.ts';
import type { PodCluster } from './pod-cluster.ts';

/** A command that runs in a container, until it ends or is stopped. */
export interface ContainerSession {
  readonly ended: Promise<number>;
  /** What it has printed until now, errors too. */
  readonly said: () => string;
  /** Resolves once it has printed all of this. */
  readonly saying: (text: string) => Promise<void>;
  readonly stop: () => void;
}

export interface SessionOptions {
  /** @default 'main' */
  readonly container?: string;
  /** @default 'web' */
  readonly pod?: string;
  /** What it reads, piece by piece. @default nothing */
  readonly input?: readonly string[];
}

/** Starts a command in a container of the Pod `web`, or of another. */
export function startSession(
  cluster: PodCluster,
  command: readonly string[],
  { container = 'main', pod = 'web', input = [] }: SessionOptions = {},
): ContainerSession {
  const stopped = new AbortController();
  const pieces = [...input];
  let said = '';
  let tell: () => void = () => undefined;
  const output = {
    write: (bytes: string | Uint8Array): void => {
      said += Buffer.from(bytes).toString();
      tell();
    },
  };
  const io: CommandIo = {
    read: async () => {
      const piece = pieces.shift();
      return piece === undefined ? undefined : Buffer.from(piece);
    },
    stdout: output,
    stderr: output,
    isTty: false,
    signal: stopped.signal,
  };
  return {
    ended: cluster.kubelets.run({ namespace: 'default', name: pod, container }, command, io),
    said: () => said,
    saying: async (text) => {
      while (!said.includes(text)) await new Promise<void>((resolve) => (tell = resolve));
    },
    stop: () => stopped.abort(),
  };
}

/** Runs a command to its end. @returns what it printed, and `!` with the exit code where that is not 0. */
export async function runSession(
  cluster: PodCluster,
  command: readonly string[],
  options: SessionOptions = {},
): Promise<string> {
  const session = startSession(cluster, command, options);
  const code = await session.ended;
  return `${session.said()}${code === 0 ? '' : `!${code}`}`;
}
