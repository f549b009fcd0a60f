import type { Clock } from '../observe/index.ts';

/** Where a program printed a line. */
export type LogStream = 'stderr' | 'stdout';

/** One line of a container's log. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly stream: LogStream;
  /** Without its end. */
  readonly text: string;
  /** The program has not ended the line: the next one goes on with it. */
  readonly isPartial: boolean;
}

/** Somebody who follows a log. */
export interface LogFollower {
  readonly onLine: (line: LogLine) => void;
  /** The container has ended, and printed all. */
  readonly onEnd: () => void;
}

const MAX_LINES = 5000;
const MAX_BYTES = 1024 * 1024;
/** Longer lines are cut. @see CRI log format, the tag P */
const MAX_LINE = 16 * 1024;

/** What one instance of a container has printed: the last of it. */
export class ContainerLog {
  readonly #clock: Clock;
  #lines: LogLine[] = [];
  /** Of the lines' texts. */
  #size = 0;
  #followers: Set<LogFollower> | undefined;
  #open: Partial<Record<LogStream, string>> | undefined;
  #hasEnded = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The lines that are kept, the oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** A line, or several. */
  print(text: string, stream: LogStream = 'stdout'): void {
    if (text.includes('\n')) for (const line of text.split('\n')) this.#add(line, stream);
    else this.#add(text, stream);
  }

  /** Bytes as a program writes them: a line ends where they say so. */
  write(bytes: string | Uint8Array, stream: LogStream): void {
    const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
    this.#open ??= {};
    const lines = `${this.#open[stream] ?? ''}${text}`.split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) this.#add(line, stream);
    this.#open[stream] = rest.length > MAX_LINE ? '' : rest;
    if (rest.length > MAX_LINE) this.#add(rest, stream, true);
  }

  /** The container has ended: nothing more comes. */
  end(): void {
    if (this.#hasEnded) return;
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#open?.[stream] ?? '';
      if (rest !== '') this.#add(rest, stream, true);
    }
    this.#open = undefined;
    this.#hasEnded = true;
    for (const { onEnd } of this.#followers ?? []) onEnd();
    this.#followers = undefined;
  }

  /** Tells of every line from now on, and of the end. */
  follow(follower: LogFollower): Disposable {
    if (this.#hasEnded) follower.onEnd();
    else (this.#followers ??= new Set()).add(follower);
    return { [Symbol.dispose]: () => void this.#followers?.delete(follower) };
  }

  #add(text: string, stream: LogStream, isPartial = false): void {
    if (text.length > MAX_LINE) {
      this.#add(text.slice(0, MAX_LINE), stream, true);
      this.#add(text.slice(MAX_LINE), stream, isPartial);
      return;
    }
    const line = { time: this.#clock.now(), stream, text, isPartial };
    this.#lines.push(line);
    this.#size += text.length;
    if (this.#lines.length > MAX_LINES || this.#size > MAX_BYTES) this.#drop();
    if (this.#followers !== undefined) for (const { onLine } of this.#followers) onLine(line);
  }

  /** A part at a time, so that not each line moves all others. */
  #drop(): void {
    const dropped = this.#lines.splice(0, Math.ceil(this.#lines.length / 5));
    for (const { text } of dropped) this.#size -= text.length;
  }
}
