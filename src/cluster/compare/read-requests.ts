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
 * @throws PodlaneError `ERR_OPTION` that names the line that is none of these.
 */
export function readRequests(text: string): readonly ComparedRequest[] {
  const har = text.trimStart().startsWith('{') ? parseJson(text) : undefined;
  if (isRecord(har) && isRecord(har['log'])) return readHar(har['log']);
  return text.split(/\r?\n/).flatMap((line, index) => {
    const trimmed = line.trim();
    return trimmed === '' || trimmed.startsWith('#') ? [] : [readLine(trimmed, index + 1)];
  });
}

function readHar({ entries }: Readonly<Record<string, unknown>>): readonly ComparedRequest[] {
  if (!Array.isArray(entries)) throw unreadable(1, 'the HAR has no entries');
  return entries.map((entry: unknown, index) => {
    const request = isRecord(entry) ? entry['request'] : undefined;
    if (!isRecord(request)) throw unreadable(index + 1, 'the entry has no request');
    return readObject(request, index + 1);
  });
}

function readLine(line: string, number: number): ComparedRequest {
  if (line.startsWith('{')) {
    const value = parseJson(line);
    if (!isRecord(value)) throw unreadable(number, 'it is no JSON');
    return readObject(value, number);
  }
  const [first = '', second] = line.split(/\s+/);
  const [method, url] = second === undefined ? ['GET', first] : [first, second];
  return requestOf({ method, url, headers: [], number });
}

function readObject(value: Readonly<Record<string, unknown>>, number: number): ComparedRequest {
  const { url, method = 'GET', headers = [] } = value;
  if (typeof url !== 'string' || typeof method !== 'string')
    throw unreadable(number, 'it has no url');
  return requestOf({ method, url, headers: readHeaders(headers), number });
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
  readonly number: number;
}

function requestOf({ method, url, headers, number }: RequestParts): ComparedRequest {
  const parsed = URL.parse(url.includes('://') ? url : `http://${url}`);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw unreadable(number, `"${url}" is no URL`);
  return { method: method.toUpperCase(), url: parsed, headers };
}

function unreadable(number: number, why: string): PodlaneError {
  return new PodlaneError('ERR_OPTION', `request ${number} cannot be read: ${why}`, {
    hint: 'Give a HAR, a JSON object or a URL on each line.',
  });
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
