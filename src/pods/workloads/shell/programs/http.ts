import { type CommandRun, fail, type RunProgram } from '../command.ts';
import { writeFile } from '../files.ts';
import { pathIn } from '../shell.ts';
import { exchangeHttp, type HttpReply, HttpFailure } from './http-exchange.ts';
import { type HttpWish, readCurl, readWget } from './http-words.ts';

/** @see curl(1), EXIT CODES */
const CURL_EXIT = {
  dns: 6,
  refused: 7,
  httpError: 22,
  write: 23,
  timeout: 28,
  silent: 28,
  tls: 60,
} as const;
const MAX_REDIRECTS = 20;

const curl: RunProgram = async (run) => {
  const wish = readCurl(run.args);
  if (typeof wish === 'string') return fail(run, `curl: ${wish}`, 2);
  let exitCode = 0;
  for (const url of wish.urls) exitCode = await curlOne(run, wish, url);
  return exitCode;
};

async function curlOne(run: CommandRun, wish: HttpWish, url: string): Promise<number> {
  const attempts = wish.retries + 1;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const reply = await follow(run, wish, url);
      return await printReply(run, wish, reply);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      if (attempt < attempts) {
        await run.shell.sleep(1000);
        continue;
      }
      const code = CURL_EXIT[error.kind];
      if (wish.format !== undefined) await run.stdout.write(fill(wish.format, undefined));
      if (!wish.isSilent || wish.showsErrors)
        await run.stderr.write(`curl: (${code}) ${error.message}\n`);
      return code;
    }
  }
}

async function follow(run: CommandRun, wish: HttpWish, first: string): Promise<HttpReply> {
  let url = first;
  let { method, body } = wish;
  for (let count = 0; ; count += 1) {
    const reply = await exchangeHttp(run, { ...wish, method, body }, url);
    const { location } = reply.headers;
    const isRedirect = [301, 302, 303, 307, 308].includes(reply.status) && location !== undefined;
    if (!wish.followsRedirects || !isRedirect || count >= MAX_REDIRECTS) return reply;
    url = new URL(location, reply.url).href;
    if (reply.status <= 303 && method === 'POST') [method, body] = ['GET', undefined];
  }
}

async function printReply(run: CommandRun, wish: HttpWish, reply: HttpReply): Promise<number> {
  const { stdout, stderr } = run;
  if (wish.isVerbose) {
    await stderr.write(reply.sent.map((line) => `> ${line}\n`).join(''));
    await stderr.write(reply.received.map((line) => `< ${line}\n`).join(''));
  }
  if (wish.isFailing && reply.status >= 400) {
    if (wish.format !== undefined) await stdout.write(fill(wish.format, reply));
    if (!wish.isSilent || wish.showsErrors)
      await stderr.write(`curl: (22) The requested URL returned error: ${reply.status}\n`);
    return CURL_EXIT.httpError;
  }
  if (wish.showsHead) await stdout.write(reply.received.map((line) => `${line}\r\n`).join(''));
  if (!(await writeBody(run, wish, reply))) return CURL_EXIT.write;
  if (wish.format !== undefined) await stdout.write(fill(wish.format, reply));
  return 0;
}

/** @returns false where the file cannot be written. */
async function writeBody(
  run: CommandRun,
  { output }: HttpWish,
  { body }: HttpReply,
): Promise<boolean> {
  if (output === '/dev/null') return true;
  if (output === undefined || output === '-') {
    if (body.length > 0) await run.stdout.write(body);
    return true;
  }
  return writeFile(run.shell, pathIn(run.shell, output), body) === undefined;
}

/** `-w`: `%{http_code}` and the like. */
function fill(format: string, reply: HttpReply | undefined): string {
  return format
    .replaceAll(/%\{(\w+)\}/g, (_, name: string) =>
      reply === undefined ? (NO_REPLY[name] ?? '') : (FIELDS[name]?.(reply) ?? ''),
    )
    .replaceAll(/\\[nrt]/g, (escape) => ESCAPES[escape] ?? escape);
}

const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\r': '\r', '\\t': '\t' };
const NO_REPLY: Readonly<Record<string, string>> = { http_code: '000', response_code: '000' };
const seconds = (ms: number): string => (ms / 1000).toFixed(6);
const statusOf = ({ status }: HttpReply): string => `${status}`;

const FIELDS: Readonly<Record<string, (reply: HttpReply) => string>> = {
  http_code: statusOf,
  response_code: statusOf,
  remote_ip: ({ remoteAddress }) => remoteAddress,
  remote_port: ({ remotePort }) => `${remotePort}`,
  size_download: ({ body }) => `${body.length}`,
  time_total: ({ totalMs }) => seconds(totalMs),
  time_connect: ({ connectMs }) => seconds(connectMs),
  url_effective: ({ url }) => url,
  redirect_url: ({ headers }) => headers.location ?? '',
  content_type: ({ headers }) => headers['content-type'] ?? '',
  http_version: () => '1.1',
};

const wget: RunProgram = async (run) => {
  const wish = readWget(run.args);
  if (typeof wish === 'string') return fail(run, `wget: ${wish}`);
  for (const url of wish.urls) {
    const exitCode = await wgetOne(run, wish, url);
    if (exitCode !== 0) return exitCode;
  }
  return 0;
};

async function wgetOne(run: CommandRun, wish: HttpWish, url: string): Promise<number> {
  const { stderr } = run;
  try {
    const reply = await follow(run, wish, url);
    const { host } = new URL(reply.url);
    const target = `${reply.remoteAddress}:${reply.remotePort}`;
    if (!wish.isSilent) await stderr.write(`Connecting to ${host} (${target})\n`);
    if (wish.showsHead) await stderr.write(reply.received.map((line) => `  ${line}\n`).join(''));
    if (reply.status >= 400)
      return await fail(run, `wget: server returned error: ${reply.received[0] ?? reply.status}`);
    return await keepReply(run, wish, reply);
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return fail(run, `wget: ${wgetMessage(error, url)}`);
  }
}

async function keepReply(run: CommandRun, wish: HttpWish, reply: HttpReply): Promise<number> {
  if (wish.isSpider) {
    if (!wish.isSilent) await run.stderr.write('remote file exists\n');
    return 0;
  }
  const last = reply.url.replace(/[?#].*$/, '').replace(/^.*\//, '');
  const output = wish.output ?? (last === '' ? 'index.html' : last);
  const isWritten = await writeBody(run, { ...wish, output }, reply);
  return isWritten ? 0 : fail(run, `wget: can't open '${output}'`);
}

function wgetMessage(error: HttpFailure, url: string): string {
  const { host, hostname } = new URL(url);
  if (error.kind === 'dns') return `bad address '${hostname}'`;
  if (error.kind === 'timeout') return 'download timed out';
  return error.kind === 'refused' || error.kind === 'silent'
    ? `can't connect to remote host (${host}): ${error.reason}`
    : error.message;
}

/** Programs that speak HTTP. */
export const HTTP: Readonly<Record<string, RunProgram>> = { curl, wget };
