import type { Listening } from '../control/index.ts';
import type { CurlRequest } from './curl-arguments.ts';
import type { CurlAnswer } from './send-request.ts';

/** What `-w` may tell of a request that has ended. */
export interface Transfer {
  /** The last one, where redirects were followed. */
  readonly request: CurlRequest;
  /** Undefined where none came. */
  readonly answer: CurlAnswer | undefined;
  /** Of the body that was printed. */
  readonly sizeBytes: number;
  readonly redirectCount: number;
  readonly exitCode: number;
  /** What the request went through. */
  readonly entry: Listening;
}

export interface WrittenOut {
  readonly text: string;
  /** Variables that nobody knows. */
  readonly unknown: readonly string[];
}

/** Fills curl's `--write-out`: `%{http_code}`, `%header{name}`, `%%`, `\n`. */
export function writeOut(format: string, transfer: Transfer): WrittenOut {
  const unknown: string[] = [];
  const text = format.replaceAll(
    /%%|%header\{([^}]*)\}|%\{([^}]*)\}|\\[nrt]/g,
    (whole, header: string | undefined, name: string | undefined) => {
      if (header !== undefined) return headerOf(transfer.answer, header) ?? '';
      if (name === undefined) return whole === '%%' ? '%' : (ESCAPES[whole] ?? whole);
      const field = FIELDS[name];
      if (field === undefined) unknown.push(name);
      return field?.(transfer) ?? '';
    },
  );
  return { text, unknown };
}

const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\r': '\r', '\\t': '\t' };

type Field = (transfer: Transfer) => string;

const seconds = (ms: number | undefined): string => ((ms ?? 0) / 1000).toFixed(6);
const statusOf: Field = ({ answer }) => `${answer?.status ?? 0}`.padStart(3, '0');

const FIELDS: Readonly<Record<string, Field>> = {
  content_type: ({ answer }) => headerOf(answer, 'content-type') ?? '',
  exitcode: ({ exitCode }) => `${exitCode}`,
  http_code: statusOf,
  http_version: ({ answer }) => (answer === undefined ? '0' : '1.1'),
  method: ({ request }) => request.method,
  num_headers: ({ answer }) => `${answer?.headers.length ?? 0}`,
  num_redirects: ({ redirectCount }) => `${redirectCount}`,
  redirect_url: ({ answer, request }) =>
    answer === undefined ? '' : (redirectOf(answer, request.url)?.href ?? ''),
  remote_ip: ({ entry }) => entry.address,
  remote_port: ({ entry }) => `${entry.port}`,
  response_code: statusOf,
  scheme: ({ request }) => request.url.protocol.replace(':', '').toUpperCase(),
  size_download: ({ sizeBytes }) => `${sizeBytes}`,
  time_connect: ({ answer }) => seconds(answer?.connectMs),
  time_total: ({ answer }) => seconds(answer?.elapsedMs()),
  url: ({ request }) => request.url.href,
  url_effective: ({ request }) => request.url.href,
};

/** Where an answer leads to; undefined where it leads nowhere. */
export function redirectOf(answer: CurlAnswer, from: URL): URL | undefined {
  const location = headerOf(answer, 'location');
  const isRedirect = answer.status >= 300 && answer.status < 400 && location !== undefined;
  return isRedirect && URL.canParse(location, from) ? new URL(location, from) : undefined;
}

function headerOf(answer: CurlAnswer | undefined, wanted: string): string | undefined {
  const found = answer?.headers.find(([name]) => name.toLowerCase() === wanted.toLowerCase());
  return found?.[1];
}
