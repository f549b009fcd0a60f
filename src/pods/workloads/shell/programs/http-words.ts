/** What the words of `curl` or `wget` ask for. */
export interface HttpWish {
  readonly urls: readonly string[];
  readonly method: string;
  /** Names and values in the order given. */
  readonly headers: readonly (readonly [string, string])[];
  /** A name that begins with `@` is a file. */
  readonly body: string | undefined;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly retries: number;
  /** A file, `-`, or stdout where absent. */
  readonly output: string | undefined;
  /** `-w` */
  readonly format: string | undefined;
  readonly isFailing: boolean;
  readonly isSilent: boolean;
  readonly showsErrors: boolean;
  readonly isVerbose: boolean;
  readonly showsHead: boolean;
  readonly followsRedirects: boolean;
  readonly isInsecure: boolean;
  readonly isSpider: boolean;
  /** A file with certificates to trust. */
  readonly caFile: string | undefined;
  /** `HOST:PORT:ADDRESS` */
  readonly resolves: readonly string[];
  readonly user: string | undefined;
}

/** Words with a value, and what it is. */
const VALUED: Readonly<Record<string, string>> = {
  '-o': 'output',
  '--output': 'output',
  '-H': 'header',
  '--header': 'header',
  '-X': 'method',
  '--request': 'method',
  '-d': 'data',
  '--data': 'data',
  '--data-raw': 'data',
  '--data-binary': 'data',
  '--data-urlencode': 'data',
  '--json': 'json',
  '-m': 'timeout',
  '--max-time': 'timeout',
  '--connect-timeout': 'connect',
  '--retry': 'retry',
  '--retry-delay': 'ignored',
  '--retry-max-time': 'ignored',
  '-u': 'user',
  '--user': 'user',
  '-A': 'agent',
  '--user-agent': 'agent',
  '-w': 'format',
  '--write-out': 'format',
  '--cacert': 'ca',
  '--resolve': 'resolve',
  '--connect-to': 'ignored',
  '-b': 'cookie',
  '--cookie': 'cookie',
  '-e': 'referer',
  '--url': 'url',
  '--interface': 'ignored',
};
const WGET_VALUED: Readonly<Record<string, string>> = {
  '-O': 'output',
  '--output-document': 'output',
  '-T': 'timeout',
  '--timeout': 'timeout',
  '--dns-timeout': 'ignored',
  '--connect-timeout': 'connect',
  '--read-timeout': 'timeout',
  '-t': 'tries',
  '--tries': 'tries',
  '--header': 'header',
  '--post-data': 'data',
  '-U': 'agent',
  '--user-agent': 'agent',
  '--method': 'method',
  '--ca-certificate': 'ca',
  '-o': 'ignored',
  '-P': 'ignored',
  '--waitretry': 'ignored',
  '--max-redirect': 'ignored',
};
/** Words that stand for a letter. */
const LONG: Readonly<Record<string, string>> = {
  '--silent': 's',
  '--show-error': 'S',
  '--fail': 'f',
  '--fail-with-body': 'f',
  '--include': 'i',
  '--head': 'I',
  '--verbose': 'v',
  '--insecure': 'k',
  '--location': 'L',
  '--get': 'G',
};

interface Read {
  readonly urls: readonly string[];
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Letters, and long words as they stand. */
  readonly flags: ReadonlySet<string>;
}

function readWords(args: readonly string[], valued: Readonly<Record<string, string>>): Read {
  const urls: string[] = [];
  const values = new Map<string, string[]>();
  const flags = new Set<string>();
  const add = (name: string, value: string): void => {
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    const next = args[at + 1] ?? '';
    if (word === '-' || !word.startsWith('-')) urls.push(word);
    else if (word.startsWith('--')) at += readLong(word, next, { valued, flags, add });
    else at += readLetters(word, next, { valued, flags, add });
  }
  return { urls: [...urls, ...(values.get('url') ?? [])], values, flags };
}

/** `--name VALUE` and `--name=VALUE`. @returns how many further words were taken. */
function readLong(word: string, next: string, { valued, flags, add }: Letters): number {
  const [long = '', ...inline] = word.split('=');
  const name = valued[long];
  if (name === undefined) flags.add(LONG[word] ?? word);
  else add(name, inline.length > 0 ? inline.join('=') : next);
  return name === undefined || inline.length > 0 ? 0 : 1;
}

interface Letters {
  readonly valued: Readonly<Record<string, string>>;
  readonly flags: Set<string>;
  readonly add: (name: string, value: string) => void;
}

/** `-sSo FILE`. @returns how many further words were taken. */
function readLetters(word: string, next: string, { valued, flags, add }: Letters): number {
  for (let index = 1; index < word.length; index += 1) {
    const name = valued[`-${word[index]}`];
    if (name === undefined) flags.add(word[index] ?? '');
    else {
      const rest = word.slice(index + 1);
      add(name, rest === '' ? next : rest);
      return rest === '' ? 1 : 0;
    }
  }
  return 0;
}

/** @returns what is wrong with the words, as a text. */
export function readCurl(args: readonly string[]): HttpWish | string {
  const { urls, values, flags } = readWords(args, VALUED);
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const json = last('json');
  const data = values.get('data')?.join('&') ?? json;
  const isGet = flags.has('G');
  const isHead = flags.has('I');
  const suffix = isGet && data !== undefined ? `?${data}` : '';
  const wish = {
    ...common({ urls: urls.map((url) => `${url}${suffix}`), values, flags }),
    method: last('method') ?? methodOf(isHead, data !== undefined && !isGet),
    body: isGet ? undefined : data,
    format: last('format'),
    isFailing: flags.has('f'),
    isVerbose: flags.has('v'),
    isSilent: flags.has('s'),
    showsErrors: flags.has('S'),
    showsHead: flags.has('i') || isHead,
    followsRedirects: flags.has('L'),
    isInsecure: flags.has('k'),
    isSpider: false,
    retries: Math.min(Number(last('retry')) || 0, 100),
  };
  if (json === undefined) return checked(wish);
  return checked({ ...wish, headers: [...wish.headers, ['Content-Type', 'application/json']] });
}

function methodOf(isHead: boolean, hasBody: boolean): string {
  if (isHead) return 'HEAD';
  return hasBody ? 'POST' : 'GET';
}

/** @returns what is wrong with the words, as a text. */
export function readWget(args: readonly string[]): HttpWish | string {
  // busybox and people alike write -qO- and -nv.
  const { urls, values, flags } = readWords(
    args.filter((word) => word !== '-nv'),
    WGET_VALUED,
  );
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const data = last('data');
  return checked({
    ...common({ urls, values, flags }),
    method: last('method') ?? methodOf(flags.has('--spider'), data !== undefined),
    body: data,
    format: undefined,
    isFailing: true,
    isVerbose: false,
    isSilent: flags.has('q') || flags.has('--quiet'),
    showsErrors: true,
    showsHead: flags.has('S') || flags.has('--server-response'),
    followsRedirects: true,
    isInsecure: flags.has('--no-check-certificate'),
    isSpider: flags.has('--spider'),
    retries: 0,
  });
}

function common({
  urls,
  values,
}: Read): Pick<
  HttpWish,
  'caFile' | 'connectTimeoutMs' | 'headers' | 'output' | 'resolves' | 'timeoutMs' | 'urls' | 'user'
> {
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const headers = (values.get('header') ?? []).map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, Math.max(0, colon)).trim(), line.slice(colon + 1).trim()];
  });
  const agent = last('agent');
  const cookie = last('cookie');
  return {
    urls: urls.map((url) => (/^\w+:\/\//.test(url) ? url : `http://${url}`)),
    headers: [
      ...headers.filter(([name]) => name !== ''),
      ...(agent === undefined ? [] : [['User-Agent', agent] as const]),
      ...(cookie === undefined ? [] : [['Cookie', cookie] as const]),
    ],
    timeoutMs: milliseconds(last('timeout')),
    connectTimeoutMs: milliseconds(last('connect')),
    output: last('output'),
    caFile: last('ca'),
    resolves: values.get('resolve') ?? [],
    user: last('user'),
  };
}

/** Infinity where there is no limit. */
function milliseconds(text: string | undefined): number {
  const seconds = Number.parseFloat(text ?? '');
  return seconds > 0 ? seconds * 1000 : Infinity;
}

function checked(wish: HttpWish): HttpWish | string {
  if (wish.urls.length === 0) return 'no URL specified';
  const bad = wish.urls.find((url) => !URL.canParse(url) || !/^https?:/.test(url));
  if (bad !== undefined) return `podlane speaks http and https alone, not ${bad}`;
  return /^[A-Za-z-]+$/.test(wish.method) ? wish : 'the method is none';
}
