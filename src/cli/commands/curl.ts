import { EXIT, NAME_OPTION, type Command, type ExitCode, type Invocation } from '../command.ts';
import { readCurlArguments, type CurlRequest } from '../curl-arguments.ts';
import { sendRequest, type CurlAnswer } from '../send-request.ts';
import { PodlaneError } from '../../net/index.ts';
import type { Terminal } from '../terminal.ts';

/** `podlane curl`: an HTTP request into the cluster, as a Pod if wanted. */
export const curl: Command = {
  name: 'curl',
  usage: [
    'curl [--as POD] [-X METHOD] [-H HEADER] [-d DATA] [-i] [-I] [-s] [-v] [-o FILE] [-k] [-m SECONDS] URL',
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
    try {
      const answer = await sendRequest(request, entry, invocation.terminal.interrupted);
      return await print(invocation, request, answer);
    } catch (error) {
      if (!(error instanceof PodlaneError) || error.code !== 'ERR_UNREACHABLE') throw error;
      if (!request.isSilent) {
        invocation.terminal.err(`curl: ${error.message}`);
        invocation.terminal.err(
          `  See why: podlane explain '${request.as === undefined ? '' : `${request.as} -> `}${request.url.href}'`,
        );
      }
      return EXIT.Unreachable;
    }
  },
};

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

async function print(
  { terminal }: Invocation,
  request: CurlRequest,
  answer: CurlAnswer,
): Promise<ExitCode> {
  if (request.isVerbose) tellTheWay(terminal, request, answer);
  if (request.hasHead) {
    terminal.write(`HTTP/1.1 ${answer.status} ${answer.reason}\r\n`);
    for (const [name, value] of answer.headers) terminal.write(`${name}: ${value}\r\n`);
    terminal.write('\r\n');
  }
  for await (const chunk of answer.body) {
    if (request.output === undefined) terminal.write(chunk);
    else await terminal.append(request.output, chunk);
  }
  return request.isFailing && answer.status >= 400 ? EXIT.Failed : EXIT.Ok;
}
