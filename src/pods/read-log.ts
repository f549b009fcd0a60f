import type { ContainerLog, LogLine } from './container-log.ts';

/** Which part of a log is wanted. @see PodLogOptions */
export interface LogWish {
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** From the end; undefined for all. */
  readonly tailLines: number | undefined;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly limitBytes: number | undefined;
  readonly stream: 'All' | 'Stdout' | 'Stderr';
}

/** What a client that does not read may keep waiting; then it is left behind. */
const MAX_WAITING = 4 * 1024 * 1024;

/** The text of a log piece by piece, until its end or the container's where it is followed. */
export async function* readLog(
  log: ContainerLog,
  wish: LogWish,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let left = wish.limitBytes ?? Infinity;
  for await (const text of wish.follow ? followed(log, wish, signal) : [kept(log, wish)]) {
    const bytes = Buffer.byteLength(text);
    if (bytes <= left) yield text;
    else yield Buffer.from(text).subarray(0, left).toString('utf8');
    left -= bytes;
    if (left <= 0) return;
  }
}

/** What is there now, as one text. */
function kept({ lines }: ContainerLog, wish: LogWish): string {
  const wanted = lines.filter((line) => isWanted(line, wish));
  const { tailLines } = wish;
  const last =
    tailLines === undefined ? wanted : wanted.slice(Math.max(0, wanted.length - tailLines));
  return last.map((line) => format(line, wish)).join('');
}

async function* followed(
  log: ContainerLog,
  wish: LogWish,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let waiting = kept(log, wish);
  let isOver = false;
  let wake: () => void = () => undefined;
  using _following = log.follow({
    onLine: (line) => {
      if (isWanted(line, wish)) waiting += format(line, wish);
      if (waiting.length > MAX_WAITING) isOver = true;
      wake();
    },
    onEnd: () => {
      isOver = true;
      wake();
    },
  });
  const leave = (): void => wake();
  signal.addEventListener('abort', leave, { once: true });
  try {
    while (!signal.aborted) {
      const text = waiting;
      waiting = '';
      if (text !== '') yield text;
      else if (isOver) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (signal.aborted) resolve();
        });
    }
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

function isWanted({ stream, time }: LogLine, { since, stream: wanted }: LogWish): boolean {
  if (since !== undefined && time < since) return false;
  return wanted === 'All' || wanted.toLowerCase() === stream;
}

function format({ text, time, isPartial }: LogLine, { timestamps }: LogWish): string {
  const end = isPartial ? '' : '\n';
  return timestamps
    ? `${new Date(time).toISOString().replace('Z', '000000Z')} ${text}${end}`
    : `${text}${end}`;
}
