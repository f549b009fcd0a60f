import { ApiError, type JsonObject } from '../api/index.ts';
import type { DecodedBody } from './body.ts';
import { MAX_COMPLAINTS } from './go-json/index.ts';

/** How deep objects may nest; upstream's 10 000 would be more than the stack of whatever looks at them holds. */
const MAX_DEPTH = 1000;

/**
 * Parses a JSON object, and tells which of its fields are written twice: `JSON.parse` takes the last silently.
 *
 * @throws ApiError BadRequest for what is no JSON object.
 */
export function parseStrictJson(text: string): DecodedBody {
  if (text.trim() === '') throw new ApiError('BadRequest', 'EOF');
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ApiError(
      'BadRequest',
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goType(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  return {
    // The text was a JSON object.
    value: value as JsonObject,
    complaints: duplicatesIn(text, value),
  };
}

/** As `duplicateFields` of a text whose value is known. */
function duplicatesIn(text: string, value: object): readonly string[] {
  // A value that is written as the text is has lost none of its fields; most clients write as JSON.stringify does.
  const written = JSON.stringify(value);
  const isSame = text === written || text === `${written}\n`;
  if (!isSame) return duplicateFields(text);
  // Each level takes two brackets.
  if (text.length > 2 * MAX_DEPTH) checkDepth(value, 0);
  return [];
}

/** @throws ApiError BadRequest for what nests too deep. */
function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw new ApiError('BadRequest', 'exceeded max depth');
  for (const item of Object.values(value)) checkDepth(item, depth + 1);
}

/** The fields of a JSON text that are written twice, as `duplicate field "data.a"`. @param text must be JSON */
export function duplicateFields(text: string): readonly string[] {
  return new DuplicateScanner(text).scan().map((path) => `duplicate field ${JSON.stringify(path)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ApiError('BadRequest', `couldn't get version/kind; json parse error: ${why}`);
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null || typeof value === 'boolean' ? 'bool' : typeof value;
}

const SPACES: ReadonlySet<string> = new Set(' \t\n\r');
/** What may follow a number or a word. */
const ENDS: ReadonlySet<string> = new Set(' \t\n\r,]}');

/** Walks a text that is known to be JSON, and looks at the keys alone. */
class DuplicateScanner {
  readonly #text: string;
  readonly #found = new Set<string>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Paths of the first fields that an object has twice, each once, in order. */
  scan(): readonly string[] {
    this.#value('', 0);
    return [...this.#found];
  }

  #value(path: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new ApiError('BadRequest', 'exceeded max depth');
    this.#skipSpace();
    const first = this.#text[this.#at];
    if (first === '{') this.#object(path, depth);
    else if (first === '[') this.#array(path, depth);
    else if (first === '"') this.#string();
    else
      while (this.#at < this.#text.length && !ENDS.has(this.#text[this.#at] ?? ',')) this.#at += 1;
  }

  #object(path: string, depth: number): void {
    const seen = new Set<string>();
    this.#at += 1;
    for (this.#skipSpace(); this.#text[this.#at] !== '}'; this.#skipSpace()) {
      if (this.#text[this.#at] === ',') this.#at += 1;
      this.#skipSpace();
      const key = this.#string();
      const field = path === '' ? key : `${path}.${key}`;
      if (seen.has(key) && this.#found.size < MAX_COMPLAINTS) this.#found.add(field);
      seen.add(key);
      this.#skipSpace();
      this.#at += 1;
      this.#value(field, depth + 1);
    }
    this.#at += 1;
  }

  #array(path: string, depth: number): void {
    this.#at += 1;
    let index = 0;
    for (this.#skipSpace(); this.#text[this.#at] !== ']'; this.#skipSpace()) {
      if (this.#text[this.#at] === ',') this.#at += 1;
      this.#value(`${path}[${index}]`, depth + 1);
      index += 1;
    }
    this.#at += 1;
  }

  /** The string that starts here, decoded. */
  #string(): string {
    const start = this.#at;
    this.#at += 1;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at += 1;
    const raw = this.#text.slice(start, this.#at);
    return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1); // a string literal of JSON
  }

  #skipSpace(): void {
    while (SPACES.has(this.#text[this.#at] ?? '')) this.#at += 1;
  }
}
