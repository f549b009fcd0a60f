import { EXIT, NAME_OPTION, type Command, type ExitCode, type Invocation } from '../command.ts';
import { readCurlArguments, type CurlRequest } from '../curl-arguments.ts';
import { sendRequest, type CurlAnswer } from '../send-request.ts';
import { redirectOf, type Transfer, writeOut } from '../write-out.ts';
import type { Listening } from '../../control/index.ts';
import { PodlaneError } from '../../net/index.ts';
import type { Terminal } from '../terminal.ts';

/** `podlane curl`: an HTTP request into the cluster, as a Pod if wanted. */
export const curl: Command = {
  name: 'curl',
  usage: [
    'curl [--as POD] [-X METHOD] [-H HEADER] [-d DATA] [-i] [-I] [-s] [-v] [-f] [-L] [-w FORMAT] [-o FILE] [-k] [-m SECONDS] URL',
  ],
  description:
    "Sends an HTTP request through the running instance's entry, with curl's common options.\nWith --as it comes from that Pod: short names are searched in its namespace. Without, from the\nfirst Node; a host of an Ingress that is no name of the cluster leads to the ingress, from outside. -v tells.",
  options: {
    as: {
      type: 'string',
      value: 'POD',
      help: 'send as this Pod: pod, namespace/pod, deploy/web or namespace/deploy/web',
    },
    ...NAME_OPTION,
  },
  examples: [
    'curl http://web.default',
    'curl --as default/frontend http://api:8080/healthz',
    'curl http://guestbook.example.org/api',
    'curl -i -X POST -d a=1 http://api.shop/cart',
    "curl -sL -o /dev/null -w '%{http_code}\\n' http://web.default",
  ],
  isRaw: true,
  run: async (invocation) => {
    const request = readCurlArguments(invocation.positionals);
    const { entry } = await invocation.client(request.instance).call('status', {});
    if (entry === undefined) {
      throw new PodlaneError('ERR_NO_ENTRY', 'the running instance has no entry', {
        hint: 'Start it without `--entry off`.',
      });
    }
    return transfer(invocation, request, entry);
  },
};

/** One request, and those to which its answers lead. */
async function transfer(
  { terminal }: Invocation,
  first: CurlRequest,
  entry: Listening,
): Promise<ExitCode> {
  let request = first;
  let answer: CurlAnswer | undefined;
  let redirectCount = 0;
  let printed: Printed = { exitCode: EXIT.Unreachable, sizeBytes: 0 };
  try {
    for (;;) {
      answer = await sendRequest(request, entry, terminal.interrupted);
      const next = nextRequest(request, answer);
      if (next === undefined) break;
      const exitCode = refusal(first, next, redirectCount);
      if (exitCode !== undefined) {
        tell(terminal, first, REFUSALS[exitCode](first, next));
        printed = { exitCode, sizeBytes: 0 };
        return finish(terminal, { request, answer, redirectCount, entry, ...printed });
      }
      printHeads(terminal, request, answer);
      for await (const _ of answer.body);
      request = next;
      redirectCount += 1;
    }
    printed = await print(terminal, request, answer);
  } catch (error) {
    if (!(error instanceof PodlaneError) || error.code !== 'ERR_UNREACHABLE') throw error;
    answer = undefined;
    tell(terminal, first, error.message);
    const edge = `${request.as === undefined ? '' : `${request.as} -> `}${request.url.href}`;
    if (!first.isSilent) terminal.err(`  See why: podlane explain '${edge}'`);
  }
  return finish(terminal, { request, answer, redirectCount, entry, ...printed });
}

type Refusal = typeof EXIT.Failed | typeof EXIT.TooManyRedirects;

/** Why a redirect is not followed; undefined where it is. */
function refusal(
  { maxRedirects = 0 }: CurlRequest,
  { url: { protocol } }: CurlRequest,
  redirectCount: number,
): Refusal | undefined {
  if (redirectCount >= maxRedirects) return EXIT.TooManyRedirects;
  return protocol === 'http:' || protocol === 'https:' ? undefined : EXIT.Failed;
}

/** In curl's words. */
const REFUSALS: Readonly<Record<Refusal, (first: CurlRequest, next: CurlRequest) => string>> = {
  [EXIT.TooManyRedirects]: ({ maxRedirects }) =>
    `(47) Maximum (${maxRedirects}) redirects followed`,
  [EXIT.Failed]: (_, { url }) => `(1) Protocol "${url.protocol.slice(0, -1)}" not supported`,
};

interface Printed {
  readonly exitCode: ExitCode;
  /** Of the body. */
  readonly sizeBytes: number;
}

function tell(terminal: Terminal, { isSilent, showsErrors }: CurlRequest, message: string): void {
  if (!isSilent || showsErrors) terminal.err(`curl: ${message}`);
}

/** `-w` */
function finish(terminal: Terminal, done: Transfer & Printed): ExitCode {
  const { format } = done.request;
  if (format === undefined) return done.exitCode;
  const { text, unknown } = writeOut(format, done);
  for (const name of unknown) terminal.err(`curl: unknown --write-out variable: '${name}'`);
  terminal.write(text);
  return done.exitCode;
}

/** What follows an answer that leads elsewhere, as curl does it; who one is, is told to no other host. */
function nextRequest(request: CurlRequest, answer: CurlAnswer): CurlRequest | undefined {
  const url = request.maxRedirects === undefined ? undefined : redirectOf(answer, request.url);
  if (url === undefined) return undefined;
  const isSameHost = url.host === request.url.host;
  const headers = isSameHost ? request.headers : request.headers.filter(isForAnybody);
  const isPostToGet = answer.status <= 302 && request.method === 'POST';
  const losesBody = answer.status === 303 ? request.method !== 'HEAD' : isPostToGet;
  if (!losesBody) return { ...request, url, headers };
  return {
    ...request,
    url,
    headers: headers.filter(([name]) => name.toLowerCase() !== 'content-type'),
    body: undefined,
    method: request.hasOwnMethod ? request.method : 'GET',
  };
}

function isForAnybody([name]: readonly [string, string]): boolean {
  return !['authorization', 'cookie', 'host'].includes(name.toLowerCase());
}

/** As curl does, on stderr. */
function tellTheWay(
  terminal: Terminal,
  { method, url }: CurlRequest,
  { note, sent, status, reason, headers }: CurlAnswer,
): void {
  const lines = [
    ...(note === undefined ? [] : [`* ${note}`]),
    `> ${method} ${url.pathname}${url.search} HTTP/1.1`,
    ...sent.map(([name, value]) => `> ${name}: ${value}`),
    '>',
    `< HTTP/1.1 ${status} ${reason}`,
    ...headers.map(([name, value]) => `< ${name}: ${value}`),
    '<',
  ];
  for (const line of lines) terminal.err(line);
}

function printHeads(terminal: Terminal, request: CurlRequest, answer: CurlAnswer): void {
  if (request.isVerbose) tellTheWay(terminal, request, answer);
  if (!request.hasHead) return;
  terminal.write(`HTTP/1.1 ${answer.status} ${answer.reason}\r\n`);
  for (const [name, value] of answer.headers) terminal.write(`${name}: ${value}\r\n`);
  terminal.write('\r\n');
}

async function print(
  terminal: Terminal,
  request: CurlRequest,
  answer: CurlAnswer,
): Promise<Printed> {
  printHeads(terminal, request, answer);
  const hasFailed = request.failing !== undefined && answer.status >= 400;
  const isShown = !hasFailed || request.failing === 'body';
  let sizeBytes = 0;
  for await (const chunk of answer.body) {
    if (!isShown) continue;
    sizeBytes += chunk.length;
    if (request.output === undefined) terminal.write(chunk);
    else await terminal.append(request.output, chunk);
  }
  if (!hasFailed) return { exitCode: EXIT.Ok, sizeBytes };
  tell(terminal, request, `(22) The requested URL returned error: ${answer.status}`);
  return { exitCode: EXIT.HttpError, sizeBytes };
}
