import { Input, type Output } from './streams.ts';

/** Both sides of a terminal, as the program behind it sees them. */
export interface Terminal {
  readonly input: Input;
  readonly output: Output;
}

export interface TerminalOptions {
  /** Keys as they are pressed; undefined at the end. */
  readonly keys: () => Promise<Uint8Array | undefined>;
  readonly screen: Output;
}

const KEY = {
  interrupt: 0x03,
  end: 0x04,
  backspace: 0x08,
  newline: 0x0a,
  enter: 0x0d,
  clear: 0x15,
  escape: 0x1b,
  delete: 0x7f,
} as const;
const MAX_LINE = 4096;

/** A terminal in its usual mode: what is typed is shown, and given on line by line. @see termios(3), ICANON */
export function createTerminal(options: TerminalOptions): Terminal {
  const { keys, screen } = options;
  const output: Output = { write: (bytes) => screen.write(toScreen(bytes)) };
  const editor = new LineEditor();
  let lines: Buffer[] = [];
  const input = new Input(async () => {
    for (;;) {
      const line = lines.shift();
      if (line !== undefined) return line.length === 0 ? undefined : line;
      const pressed = await keys();
      if (pressed === undefined) return undefined;
      const { echo, completed } = editor.press(pressed);
      if (echo !== '') await screen.write(Buffer.from(echo, 'latin1'));
      lines = [...lines, ...completed];
    }
  });
  return { input, output };
}

/** Line ends as a screen wants them. */
function toScreen(bytes: string | Uint8Array): Buffer {
  return Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1');
}

/** The line that is being typed, byte by byte. */
class LineEditor {
  #line: number[] = [];
  #isEscaping = false;

  /** @returns what the screen shows of it, and the lines that it completes; an empty one is the end. */
  press(pressed: Uint8Array): { readonly echo: string; readonly completed: readonly Buffer[] } {
    let echo = '';
    const completed: Buffer[] = [];
    for (const key of pressed) {
      if (this.#skipsEscape(key)) continue;
      if (key === KEY.enter || key === KEY.newline) {
        echo += '\r\n';
        completed.push(this.#take('\n'));
      } else if (key === KEY.end) {
        // In the middle of a line it gives the line on as it is.
        if (this.#line.length === 0) completed.push(Buffer.alloc(0));
        else completed.push(this.#take(''));
      } else if (key === KEY.interrupt) {
        echo += '^C\r\n';
        this.#line = [];
        completed.push(Buffer.from('\n'));
      } else echo += this.#edit(key);
    }
    return { echo, completed };
  }

  /** Arrows and the like say nothing here. */
  #skipsEscape(key: number): boolean {
    if (key === KEY.escape) {
      this.#isEscaping = true;
      return true;
    }
    if (!this.#isEscaping) return false;
    if (/[A-Za-z~]/.test(String.fromCharCode(key))) this.#isEscaping = false;
    return true;
  }

  #edit(key: number): string {
    if (key === KEY.delete || key === KEY.backspace)
      return this.#line.pop() === undefined ? '' : '\b \b';
    if (key === KEY.clear) return '\b \b'.repeat(this.#line.splice(0).length);
    if ((key < 0x20 && key !== 0x09) || this.#line.length >= MAX_LINE) return '';
    this.#line.push(key);
    return String.fromCharCode(key);
  }

  #take(end: string): Buffer {
    return Buffer.from([...this.#line.splice(0), ...Buffer.from(end)]);
  }
}
