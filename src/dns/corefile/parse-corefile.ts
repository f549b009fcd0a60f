import { nearestName } from '../../net/index.ts';
import { CorefileError } from './corefile-error.ts';
import type { Directive, ServerBlock } from './directive.ts';
import { expandImport, type ImportOptions } from './expand-import.ts';
import { lex, type Token } from './lex.ts';
import { parseServerKeys } from './server-keys.ts';
import { substitute } from './substitute.ts';

export interface ParseOptions extends ImportOptions {
  /** How the file is called in errors; imports are relative to its folder. */
  readonly file: string;
  /** Names that a line of a server block may begin with. */
  readonly plugins: readonly string[];
}

/** What CoreDNS serves where no server block is given. */
const NO_BLOCKS = '.:53 {\n    whoami\n    log\n}\n';

/**
 * Reads a Corefile: server blocks with imports, snippets and variables filled in.
 *
 * @throws CorefileError, and nothing else.
 */
export function parseCorefile(text: string, options: ParseOptions): readonly ServerBlock[] {
  const blocks = new Parser(lex(text, options.file), options).blocks();
  return blocks.length > 0 ? blocks : new Parser(lex(NO_BLOCKS, options.file), options).blocks();
}

const PLACE_OF_BRACES = 'a block opens at the end of a line, and closes on a line of its own';
/** Blocks in blocks; plugins need two. */
const MAX_DEPTH = 50;

class Parser {
  readonly #options: ParseOptions;
  readonly #snippets: Map<string, readonly Token[]> = new Map();
  /** Words yet to read, last first. */
  readonly #rest: Token[];
  #last: Token | undefined;
  #imports = 0;

  constructor(tokens: readonly Token[], options: ParseOptions) {
    this.#options = options;
    this.#rest = tokens.toReversed();
  }

  blocks(): readonly ServerBlock[] {
    const blocks: ServerBlock[] = [];
    while (this.#peek() !== undefined) {
      const block = this.#block();
      if (block !== undefined) blocks.push(block);
    }
    return blocks;
  }

  /** A server block; undefined for a snippet. */
  #block(): ServerBlock | undefined {
    const keys = this.#keys();
    const [first] = keys;
    if (first === undefined) {
      const stray = this.#peek();
      if (stray === undefined) return undefined;
      throw this.#error(
        `Unexpected token '${stray.text}', expecting the address of a server block`,
      );
    }
    if (keys.length === 1 && first.text.startsWith('(') && first.text.endsWith(')')) {
      this.#snippet(first);
      return undefined;
    }
    const position = positionOf(first);
    const hasBrace = this.#peek()?.text === '{';
    if (hasBrace) this.#take();
    const directives = this.#directives();
    if (hasBrace && this.#last?.text !== '}')
      throw this.#error(`Syntax error: Unexpected token '${this.#last?.text}', expecting '}'`);
    return { keys: keys.flatMap((key) => parseServerKeys(key)), directives, position };
  }

  #keys(): Token[] {
    const keys: Token[] = [];
    let expectsMore = false;
    for (let token = this.#peek(); token !== undefined; token = this.#peek()) {
      const isNewLine = token.isFirst && keys.length > 0 && !expectsMore;
      if (token.text === '{' || isNewLine) break;
      if (token.text === 'import' && token.isFirst) {
        this.#import();
        continue;
      }
      this.#take();
      const text = substitute(token.text, this.#options.environment);
      if (text === '') continue;
      expectsMore = text.endsWith(',');
      keys.push({ ...token, text: expectsMore ? text.slice(0, -1) : text });
    }
    if (!expectsMore) return keys.filter(({ text }) => text !== '');
    const next = this.#peek();
    throw this.#error(
      next === undefined
        ? 'Unexpected EOF, another address was expected'
        : `Expected another address but had '${next.text}' - check for extra comma`,
    );
  }

  /** Keeps the words of a snippet until it is imported. */
  #snippet({ text, ...place }: Token): void {
    const name = text.slice(1, -1);
    if (this.#snippets.has(name))
      throw new CorefileError(`redeclaration of previously declared snippet ${name}`, place);
    const open = this.#take();
    if (open?.text !== '{')
      throw this.#error(`Syntax error: Unexpected token '${open?.text ?? 'EOF'}', expecting '{'`);
    const tokens: Token[] = [];
    let depth = 1;
    for (let token = this.#take(); token !== undefined; token = this.#take()) {
      if (token.text === '{') depth += 1;
      if (token.text === '}') depth -= 1;
      if (depth === 0) break;
      tokens.push(token);
    }
    if (depth > 0) throw this.#error("Syntax error: Unexpected token 'EOF', expecting '}'");
    this.#snippets.set(name, tokens);
  }

  /** The lines of a server block and its closing brace. */
  #directives(): readonly Directive[] {
    const directives: Directive[] = [];
    for (let token = this.#peek(); token !== undefined; token = this.#peek()) {
      if (token.text === '}') {
        this.#take();
        break;
      }
      if (token.text === 'import') this.#import();
      else directives.push(this.#directive());
    }
    return directives;
  }

  #directive(): Directive {
    const name = this.#word();
    const { plugins } = this.#options;
    if (!plugins.includes(name)) throw unknownDirective(name, plugins, this.#place());
    return this.#line(name, 0);
  }

  /** The rest of a line whose first word is read, with its block. */
  #line(name: string, depth: number): Directive {
    const args: string[] = [];
    let block: readonly Directive[] = [];
    const position = this.#place();
    for (let token = this.#peek(); token !== undefined; token = this.#peek()) {
      const isBrace = token.text === '{' || token.text === '}';
      if (token.isFirst && token.text !== '{') break;
      if (isBrace && token.isFirst === (token.text === '{'))
        throw this.#error(`Unexpected '${token.text}': ${PLACE_OF_BRACES}`, token);
      if (isBrace) {
        this.#take();
        block = this.#lines(depth + 1);
        break;
      }
      args.push(this.#word());
    }
    return { name, args, block, position };
  }

  /** The lines up to a closing brace. */
  #lines(depth: number): readonly Directive[] {
    if (depth > MAX_DEPTH) throw this.#error(`more than ${MAX_DEPTH} blocks in one another`);
    const lines: Directive[] = [];
    for (let token = this.#peek(); token !== undefined; token = this.#peek()) {
      if (token.text === '}') {
        this.#take();
        return lines;
      }
      if (token.text === 'import' && token.isFirst) this.#import();
      else lines.push(this.#line(this.#word(), depth));
    }
    throw this.#error('Unexpected EOF, a closing brace is missing');
  }

  #import(): void {
    const at = this.#take();
    const word = this.#peek();
    if (word === undefined || word.isFirst)
      throw this.#error("Wrong argument count or unexpected line ending after 'import'", at);
    const pattern = this.#word();
    const more = this.#peek();
    if (more !== undefined && !more.isFirst)
      throw this.#error('Import takes only one argument (glob pattern or file)');
    const { tokens, count } = expandImport(
      { pattern, at: { ...word, text: pattern }, count: this.#imports },
      this.#snippets,
      this.#options,
    );
    this.#imports = count;
    for (const [index, token] of tokens.toReversed().entries())
      this.#rest.push(index === tokens.length - 1 ? { ...token, isFirst: true } : token);
  }

  #peek(): Token | undefined {
    return this.#rest.at(-1);
  }

  #take(): Token | undefined {
    const token = this.#rest.pop();
    this.#last = token ?? this.#last;
    return token;
  }

  #word(): string {
    return substitute(this.#take()?.text ?? '', this.#options.environment);
  }

  #place(): Directive['position'] {
    return this.#last === undefined
      ? { file: this.#options.file, line: 1, column: 1 }
      : positionOf(this.#last);
  }

  #error(what: string, at?: Token): CorefileError {
    return new CorefileError(what, at === undefined ? this.#place() : positionOf(at));
  }
}

/** Plugins of old Corefiles. @see CoreDNS notes of 1.5.0 and 1.7.0 */
const REMOVED: ReadonlyMap<string, string> = new Map([
  ['proxy', 'CoreDNS 1.5.0 dropped proxy; write forward.'],
  ['federation', 'CoreDNS 1.7.0 dropped federation.'],
]);

function positionOf({ file, line, column }: Token): Directive['position'] {
  return { file, line, column };
}

function unknownDirective(
  name: string,
  plugins: readonly string[],
  position: Directive['position'],
): CorefileError {
  const nearest = nearestName(name, plugins);
  const gone = REMOVED.get(name);
  const hint = gone ?? (nearest === undefined ? undefined : `Did you mean ${nearest}?`);
  return new CorefileError(
    `Unknown directive '${name}'`,
    position,
    hint === undefined ? {} : { hint },
  );
}
