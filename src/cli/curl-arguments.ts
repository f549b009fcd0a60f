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
  /** Exit 1 for a status of 400 or above (`-f`). */
  readonly isFailing: boolean;
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
  isFailing: boolean;
  isInsecure: boolean;
  timeoutMs: number;
  output?: string;
}

/** curl's `--max-time` has no default; ours keeps a dropped request from hanging for ever. */
const DEFAULT_TIMEOUT_MS = 30_000;

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
};

const FLAGS: Readonly<Record<string, (draft: Draft) => void>> = {
  '-i': (draft) => void (draft.hasHead = true),
  '-I': (draft) => {
    draft.hasHead = true;
    draft.method ??= 'HEAD';
  },
  '-s': (draft) => void (draft.isSilent = true),
  '-S': () => undefined,
  '-f': (draft) => void (draft.isFailing = true),
  '-k': (draft) => void (draft.isInsecure = true),
  '-v': (draft) => void (draft.isVerbose = true),
};

const LONG: Readonly<Record<string, string>> = {
  '--request': '-X',
  '--header': '-H',
  '--data': '-d',
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
    isFailing: false,
    isInsecure: false,
    timeoutMs: DEFAULT_TIMEOUT_MS,
  };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift())
    readWord(draft, word, rest);
  if (draft.url === undefined)
    throw new UsageError('podlane curl: no URL', 'For example `podlane curl http://web.default`.');
  const {
    headers,
    body,
    as,
    instance,
    output,
    hasHead,
    isVerbose,
    isSilent,
    isFailing,
    isInsecure,
    timeoutMs,
  } = draft;
  if (body !== undefined && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    headers.push(['content-type', 'application/x-www-form-urlencoded']);
  }
  const method = draft.method ?? (body === undefined ? 'GET' : 'POST');
  return {
    url: urlOf(draft.url),
    method,
    headers,
    body,
    as,
    instance,
    output,
    hasHead,
    isVerbose,
    isSilent,
    isFailing,
    isInsecure,
    timeoutMs,
  };
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
