import { CharacterReader, readClass, readEscape } from './characters.ts';
import { GoRegExpError } from './go-regexp-error.ts';

/** An expression of this runtime, for the flag `u`, and the names of its groups; the first stands for the whole. */
export interface Translation {
  readonly pattern: string;
  readonly names: readonly string[];
}

/** What letters before a group's end switch on: case ignored, lines, dots that match line ends. */
interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** An open parenthesis. */
interface Group {
  /** Flags of what stands around it. */
  readonly outer: Flags;
  /** What closes it: `)`, and one more for each change of `i` inside. */
  closing: string;
  /** Whether something stands before the present place, and an alternative would have to take it in. */
  isStarted: boolean;
  /** Flags that changed after the start: an alternative after it cannot be expressed. */
  isSplit: boolean;
}

const NO_FLAGS: Flags = { i: false, m: false, s: false };
/** The ends of the text, whatever the flags. */
const START = '(?<![^])';
const END = '(?![^])';
/** RE2 refuses more repetitions. */
const MAX_REPEAT = 1000;

/**
 * @throws GoRegExpError
 */
export function translate(source: string): Translation {
  return new Translator(source).run();
}

class Translator {
  readonly #source: string;
  readonly #reader: CharacterReader;
  readonly #names: string[] = [''];
  readonly #groups: Group[] = [{ outer: NO_FLAGS, closing: '', isStarted: false, isSplit: false }];
  #flags: Flags = NO_FLAGS;
  #pattern = '';
  /** Whether a repetition may follow, and why not. */
  #last: 'nothing' | 'atom' | 'repetition' = 'nothing';

  constructor(source: string) {
    this.#source = source;
    this.#reader = new CharacterReader(source);
  }

  run(): Translation {
    for (let char = this.#reader.next(); char !== undefined; char = this.#reader.next())
      this.#read(char);
    if (this.#groups.length > 1) throw this.#error('missing closing )');
    this.#pattern += this.#group().closing;
    try {
      return { pattern: new RegExp(this.#pattern, 'u').source, names: this.#names };
    } catch (error) {
      throw new GoRegExpError('this runtime cannot express it', this.#source, error);
    }
  }

  #read(char: string): void {
    const assertion = this.#assertion(char);
    if (assertion !== undefined) return this.#atom(assertion);
    switch (char) {
      case '(':
        return this.#open();
      case ')':
        return this.#close();
      case '|':
        return this.#alternative();
      case '{':
        return this.#braces();
      case '[':
        return this.#atom(readClass(this.#reader, this.#source));
      case '\\':
        return this.#escape();
      default:
        if ('*+?'.includes(char)) this.#repeat(char);
        else this.#atom(literal(char));
    }
  }

  /** What looks around, or at anything, as the flags say. */
  #assertion(char: string): string | undefined {
    const { s: isDotAll, m: isMultiline } = this.#flags;
    if (char === '.') return isDotAll ? '[^]' : '[^\\n]';
    if (char === '^') return isMultiline ? '(?<![^\\n])' : START;
    if (char === '$') return isMultiline ? '(?![^\\n])' : END;
    return undefined;
  }

  #open(): void {
    const reader = this.#reader;
    if (!reader.take('?')) return this.#begin('(', this.#flags, '');
    const name = reader.takeMatch(/P?<(\w+)>/y);
    if (name !== undefined) return this.#beginNamed(name[1] ?? '');
    const [text, on = '', off = ''] = reader.takeMatch(/([ims]*)(-[ims]+)?[:)]/y) ?? [];
    if (text === undefined) throw this.#error('invalid or unsupported Perl syntax');
    const isOn = (flag: keyof Flags): boolean =>
      (this.#flags[flag] || on.includes(flag)) && !off.includes(flag);
    const flags = { i: isOn('i'), m: isOn('m'), s: isOn('s') };
    if (text.endsWith(':')) this.#begin(`(?${caseFlag(flags)}:`, flags);
    else this.#switch(flags);
  }

  #beginNamed(name: string): void {
    if (this.#names.includes(name)) throw this.#error('duplicate capture group name');
    this.#begin('(', this.#flags, name);
  }

  /** @param name Absent for a group that does not capture. */
  #begin(opening: string, flags: Flags, name?: string): void {
    if (name !== undefined) this.#names.push(name);
    this.#pattern += opening;
    this.#groups.push({ outer: this.#flags, closing: ')', isStarted: false, isSplit: false });
    this.#flags = flags;
    this.#last = 'nothing';
  }

  /** Flags for the rest of the group, alternatives included. */
  #switch(flags: Flags): void {
    const group = this.#group();
    if (flags.i !== this.#flags.i) {
      this.#pattern += `(?${caseFlag(flags)}:`;
      group.closing += ')';
      group.isSplit ||= group.isStarted;
    }
    this.#flags = flags;
    this.#last = 'nothing';
  }

  #close(): void {
    const group = this.#groups.pop();
    if (group === undefined || this.#groups.length === 0) throw this.#error('unexpected )');
    this.#pattern += group.closing;
    this.#flags = group.outer;
    this.#group().isStarted = true;
    this.#last = 'atom';
  }

  #alternative(): void {
    const group = this.#group();
    if (group.isSplit) throw this.#error('alternatives after flags in the middle of a group');
    group.isStarted = true;
    this.#pattern += '|';
    this.#last = 'nothing';
  }

  #repeat(operator: string): void {
    if (this.#last === 'nothing') throw this.#error('missing argument to repetition operator');
    if (this.#last === 'repetition') throw this.#error('invalid nested repetition operator');
    this.#pattern += operator + (this.#reader.take('?') ? '?' : '');
    this.#last = 'repetition';
  }

  /** A repetition, or else braces like any other character. */
  #braces(): void {
    const bounds = this.#reader.takeMatch(/(\d+)(,(\d*))?\}/y);
    if (bounds === undefined) return this.#atom('\\{');
    const [text, min = '', , max = ''] = bounds;
    const limit = max === '' ? Number(min) : Number(max);
    if (limit > MAX_REPEAT || Number(min) > limit) throw this.#error('invalid repeat count');
    this.#repeat(`{${text}`);
  }

  #escape(): void {
    const reader = this.#reader;
    if (reader.take('A')) return this.#atom(START);
    if (reader.take('z')) return this.#atom(END);
    const boundary = reader.takeMatch(/[bB]/y);
    if (boundary !== undefined) return this.#atom(`\\${boundary[0]}`);
    if (reader.take('Q')) return this.#quoted();
    this.#atom(readEscape(reader, this.#source).pattern);
  }

  #quoted(): void {
    const found = this.#source.indexOf('\\E', this.#reader.offset);
    const end = found < 0 ? this.#source.length : found;
    for (const char of this.#source.slice(this.#reader.offset, end)) this.#atom(literal(char));
    this.#reader.offset = end;
    this.#reader.takeMatch(/\\E/y);
  }

  #atom(pattern: string): void {
    // An assertion is repeated as a group: this runtime takes none behind a look-around.
    this.#pattern +=
      pattern.startsWith('(?') || /^\\[bB]$/.test(pattern) ? `(?:${pattern})` : pattern;
    this.#group().isStarted = true;
    this.#last = 'atom';
  }

  #group(): Group {
    const group = this.#groups.at(-1);
    if (group === undefined) throw this.#error('unexpected )');
    return group;
  }

  #error(what: string): GoRegExpError {
    return new GoRegExpError(what, this.#source);
  }
}

function caseFlag({ i }: Flags): string {
  return i ? 'i' : '-i';
}

/** `char` as itself. */
export function literal(char: string): string {
  return /[\w]|[^\0-\x7f]/u.test(char) ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}
