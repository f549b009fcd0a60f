import type { ContainerLog, LogLine } from './container-log.ts';
import type { CommandIo } from './workloads/shell/session.ts';

/** What a client that does not read may keep waiting; then it is left behind. */
const MAX_WAITING = 10_000;

/** Shows what a container prints from now on, until it ends or whoever watches leaves. @returns 0 */
export async function attachToLog(
  log: ContainerLog,
  { read, stdout, stderr, isTty, signal }: CommandIo,
): Promise<number> {
  const waiting: LogLine[] = [];
  const state = { isOver: false };
  let wake: () => void = () => undefined;
  using _following = log.follow({
    onLine: (line) => {
      if (waiting.length < MAX_WAITING) waiting.push(line);
      wake();
    },
    onEnd: () => {
      state.isOver = true;
      wake();
    },
  });
  const leave = (): void => {
    state.isOver = true;
    wake();
  };
  signal.addEventListener('abort', leave, { once: true });
  void swallow(read);
  for (;;) {
    const line = waiting.shift();
    if (line === undefined) {
      if (state.isOver || signal.aborted) break;
      await new Promise<void>((resolve) => (wake = resolve));
      continue;
    }
    const to = line.stream === 'stdout' || isTty ? stdout : stderr;
    await to.write(`${line.text}${line.isPartial ? '' : isTty ? '\r\n' : '\n'}`);
  }
  signal.removeEventListener('abort', leave);
  return 0;
}

/** The program reads nothing, and whoever writes to it is not to wait. */
async function swallow(read: CommandIo['read']): Promise<void> {
  try {
    while ((await read()) !== undefined);
  } catch {
    // The client has gone.
  }
}
