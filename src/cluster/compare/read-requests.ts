import { PodlaneError } from '../../net/index.ts';

/** A request to play against both sides. */
export interface ComparedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * Reads requests from the text of a file: a HAR, NDJSON with `url`, `method` and `headers`, or a URL on each line, with or
 * without a method in front. Empty lines and lines that begin with `#` are left out.
 *
 * @param file As errors name it.
 * @throws PodlaneError `ERR_OPTION` at the line that is none of these.
 */
export function readRequests(text: string, file: string): readonly ComparedRequest[] {
  try {
    return readText(text);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    throw new PodlaneError('ERR_OPTION', error.message, {
      hint: 'Give a HAR, a JSON object on each line, or a URL on each line with or without a method in front.',
      position: { file, line: error.line, column: 1 },
    });
  }
}

/** One request cannot be read. */
class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

function readText(text: string): readonly ComparedRequest[] {
  const har = text.trimStart().startsWith('{') ? parseJson(text) : undefined;
  if (isRecord(har) && isRecord(har['log'])) return readHar(har['log']);
  return text.split(/\r?\n/).flatMap((line, index) => {
    const trimmed = line.trim();
    return trimmed === '' || trimmed.startsWith('#') ? [] : [readLine(trimmed, index + 1)];
  });
}

function readHar({ entries }: Readonly<Record<string, unknown>>): readonly ComparedRequest[] {
  if (!Array.isArray(entries)) throw new UnreadableError(1, 'the HAR has no entries');
  return entries.map((entry: unknown, index) => {
    const what = `entry ${index + 1} of the HAR`;
    const request = isRecord(entry) ? entry['request'] : undefined;
    if (!isRecord(request)) throw new UnreadableError(1, `${what} has no request`);
    return readObject(request, { line: 1, what });
  });
}

function readLine(line: string, number: number): ComparedRequest {
  if (line.startsWith('{')) {
    const value = parseJson(line);
    if (!isRecord(value)) throw new UnreadableError(number, 'this is no JSON object');
    return readObject(value, { line: number, what: 'the object' });
  }
  const [first = '', second, third] = line.split(/\s+/);
  const isWritten = third === undefined && (second === undefined || METHOD.test(first));
  if (!isWritten) throw new UnreadableError(number, `"${line}" is no URL`);
  const [method, url] = second === undefined ? ['GET', first] : [first, second];
  return requestOf({ method, url, headers: [], line: number });
}

/** In capitals any; the known ones also without. */
const METHOD = /^(?:[A-Z][A-Z-]*|get|head|post|put|patch|delete|options)$/;

interface ObjectPlace {
  readonly line: number;
  readonly what: string;
}

function readObject(
  { url, method = 'GET', headers = [] }: Readonly<Record<string, unknown>>,
  { line, what }: ObjectPlace,
): ComparedRequest {
  if (typeof url !== 'string') throw new UnreadableError(line, `${what} has no url`);
  if (typeof method !== 'string') throw new UnreadableError(line, `the method of ${what} is none`);
  return requestOf({ method, url, headers: readHeaders(headers), line });
}

/** HAR lists names and values, others write an object. Names of HTTP/2 that begin with a colon are left out. */
function readHeaders(headers: unknown): ComparedRequest['headers'] {
  const pairs = Array.isArray(headers)
    ? headers.filter(isRecord).map(({ name, value }) => [String(name), String(value)] as const)
    : Object.entries(isRecord(headers) ? headers : {}).map(
        ([name, value]) => [name, String(value)] as const,
      );
  return pairs.filter(([name]) => !name.startsWith(':'));
}

interface RequestParts {
  readonly method: string;
  readonly url: string;
  readonly headers: ComparedRequest['headers'];
  readonly line: number;
}

function requestOf({ method, url, headers, line }: RequestParts): ComparedRequest {
  const parsed = URL.parse(url.includes('://') ? url : `http://${url}`);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new UnreadableError(line, `"${url}" is no URL`);
  return { method: method.toUpperCase(), url: parsed, headers };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Then it is something else, or nothing that can be read: the caller says which.
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
