import { UsageError } from './usage-error.ts';

/** What `podlane curl` understood of its command line. */
export interface CurlRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | undefined;
  readonly as: string | undefined;
  readonly instance: string | undefined;
  /** Print the head of the answer (`-i`, `-I`). */
  readonly hasHead: boolean;
  /** Tell the way there and the heads on stderr (`-v`). */
  readonly isVerbose: boolean;
  readonly isSilent: boolean;
  /** Say what fails, even so (`-S`). */
  readonly showsErrors: boolean;
  /** Fail for a status of 400 or above (`-f`); `body` prints its body nonetheless. */
  readonly failing: 'body' | 'silent' | undefined;
  /** How many redirects are followed (`-L`); undefined for none. */
  readonly maxRedirects: number | undefined;
  /** `-X`: every request of a series of redirects has the method. */
  readonly hasOwnMethod: boolean;
  /** What is printed at the end (`-w`). */
  readonly format: string | undefined;
  readonly isInsecure: boolean;
  readonly timeoutMs: number;
  readonly output: string | undefined;
}

interface Draft {
  url?: string;
  method?: string;
  headers: [string, string][];
  body?: string;
  as?: string;
  instance?: string;
  hasHead: boolean;
  isVerbose: boolean;
  isSilent: boolean;
  showsErrors: boolean;
  failing?: 'body' | 'silent';
  follows: boolean;
  maxRedirects: number;
  format?: string;
  isInsecure: boolean;
  timeoutMs: number;
  output?: string;
}

/** curl's `--max-time` has no default; ours keeps a dropped request from hanging for ever. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** As curl's. */
const DEFAULT_MAX_REDIRECTS = 50;

const VALUED: Readonly<Record<string, (draft: Draft, value: string) => void>> = {
  '--as': (draft, value) => void (draft.as = value),
  '--name': (draft, value) => void (draft.instance = value),
  '-X': (draft, value) => void (draft.method = value),
  '-H': (draft, value) => void draft.headers.push(headerOf(value)),
  '-d': (draft, value) =>
    void (draft.body = draft.body === undefined ? value : `${draft.body}&${value}`),
  '-o': (draft, value) => void (draft.output = value),
  '-m': (draft, value) => void (draft.timeoutMs = secondsOf(value) * 1000),
  '-A': (draft, value) => void draft.headers.push(['user-agent', value]),
  '-u': (draft, value) =>
    void draft.headers.push(['authorization', `Basic ${Buffer.from(value).toString('base64')}`]),
  '--url': (draft, value) => void (draft.url = value),
  '-w': (draft, value) => void (draft.format = value),
  '--max-redirs': (draft, value) => void (draft.maxRedirects = countOf(value)),
  '--json': (draft, value) => {
    draft.body = `${draft.body ?? ''}${value}`;
    for (const name of ['content-type', 'accept'])
      if (!hasHeader(draft.headers, name)) draft.headers.push([name, 'application/json']);
  },
};

const FLAGS: Readonly<Record<string, (draft: Draft) => void>> = {
  '-i': (draft) => void (draft.hasHead = true),
  '-I': (draft) => {
    draft.hasHead = true;
    draft.method ??= 'HEAD';
  },
  '-s': (draft) => void (draft.isSilent = true),
  '-S': (draft) => void (draft.showsErrors = true),
  '-f': (draft) => void (draft.failing = 'silent'),
  '--fail-with-body': (draft) => void (draft.failing = 'body'),
  '-L': (draft) => void (draft.follows = true),
  '-k': (draft) => void (draft.isInsecure = true),
  '-v': (draft) => void (draft.isVerbose = true),
};

const LONG: Readonly<Record<string, string>> = {
  '--request': '-X',
  '--header': '-H',
  '--data': '-d',
  '--data-raw': '-d',
  '--data-ascii': '-d',
  '--location': '-L',
  '--write-out': '-w',
  '--output': '-o',
  '--max-time': '-m',
  '--user-agent': '-A',
  '--user': '-u',
  '--include': '-i',
  '--head': '-I',
  '--silent': '-s',
  '--show-error': '-S',
  '--fail': '-f',
  '--insecure': '-k',
  '--verbose': '-v',
};

/**
 * Reads curl's common options, bundled (`-sk`) or with their value attached (`-XPOST`).
 *
 * @throws UsageError for an option that is not among them, or a missing URL.
 */
export function readCurlArguments(words: readonly string[]): CurlRequest {
  const draft: Draft = {
    headers: [],
    hasHead: false,
    isVerbose: false,
    isSilent: false,
    showsErrors: false,
    follows: false,
    maxRedirects: DEFAULT_MAX_REDIRECTS,
    isInsecure: false,
    timeoutMs: DEFAULT_TIMEOUT_MS,
  };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift())
    readWord(draft, word, rest);
  if (draft.url === undefined)
    throw new UsageError('podlane curl: no URL', 'For example `podlane curl http://web.default`.');
  return requestOf(draft, urlOf(draft.url));
}

function requestOf(draft: Draft, url: URL): CurlRequest {
  const { headers, body, method, follows, maxRedirects } = draft;
  const type: readonly [string, string] = ['content-type', 'application/x-www-form-urlencoded'];
  const isForm = body !== undefined && !hasHeader(headers, 'content-type');
  return {
    as: undefined,
    instance: undefined,
    output: undefined,
    failing: undefined,
    format: undefined,
    ...draft,
    url,
    body,
    headers: isForm ? [...headers, type] : headers,
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    hasOwnMethod: method !== undefined,
    maxRedirects: follows ? maxRedirects : undefined,
  };
}

function hasHeader(headers: CurlRequest['headers'], wanted: string): boolean {
  return headers.some(([name]) => name.toLowerCase() === wanted);
}

function readWord(draft: Draft, word: string, rest: string[]): void {
  if (!word.startsWith('-')) {
    draft.url = word;
    return;
  }
  const option = LONG[word] ?? word;
  const flag = FLAGS[option];
  if (flag !== undefined) return flag(draft);
  const valued =
    VALUED[option] ?? (option.startsWith('--') ? undefined : VALUED[option.slice(0, 2)]);
  if (valued !== undefined) {
    const attached = VALUED[option] === undefined ? option.slice(2) : rest.shift();
    if (attached === undefined)
      throw new UsageError(`podlane curl: ${word} needs a value`, 'See `podlane curl --help`.');
    return valued(draft, attached);
  }
  const bundle = FLAGS[option.slice(0, 2)];
  if (option.startsWith('--') || bundle === undefined) {
    throw new UsageError(
      `podlane curl: unknown option ${word}`,
      'podlane curl knows the common ones; for others use curl itself with `-x socks5h://ADDRESS` of `podlane status`.',
    );
  }
  bundle(draft);
  return readWord(draft, `-${option.slice(2)}`, rest);
}

function headerOf(text: string): [string, string] {
  const colon = text.indexOf(':');
  if (colon < 1)
    throw new UsageError(`podlane curl: "${text}" is no header`, 'Write `-H "Name: value"`.');
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}

/** @param text -1 for no limit. */
function countOf(text: string): number {
  if (!/^(?:-1|\d{1,6})$/.test(text))
    throw new UsageError(`podlane curl: "${text}" is no number of redirects`);
  return text === '-1' ? Infinity : Number(text);
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new UsageError(`podlane curl: "${text}" is no number of seconds`);
  return seconds;
}

function urlOf(text: string): URL {
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) throw new UsageError(`podlane curl: "${text}" is no URL`);
  const url = new URL(withScheme);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new UsageError(`podlane curl: scheme "${url.protocol}" is not http or https`);
  return url;
}
