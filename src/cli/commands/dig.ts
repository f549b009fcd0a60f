import type { DigExchange, DigResult } from '../../control/index.ts';
import {
  EXIT,
  NAME_OPTION,
  NAMESPACE_OPTION,
  type Command,
  type ExitCode,
  type Invocation,
} from '../command.ts';
import { readDigArguments, type DigArguments } from '../dig/dig-arguments.ts';
import { requestOf } from '../dig/lookup.ts';
import { renderExchange } from '../dig/render-exchange.ts';
import { renderWalk } from '../dig/render-walk.ts';

/** `podlane dig`: dig's arguments, asked of the cluster's DNS. */
export const dig: Command = {
  name: 'dig',
  usage: [
    'dig [--as POD] [-n NAMESPACE] [@SERVER] [-p PORT] NAME [TYPE] [CLASS] [+OPTION…] [NAME …]',
    'dig [--as POD] [-n NAMESPACE] -x ADDRESS [+OPTION…]',
    'dig [--as POD] [-n NAMESPACE] [--libc glibc|musl] NAME +trace-search',
  ],
  description: `Asks the running instance's DNS as dig does, with dig's arguments and dig's output. With --as the query goes from that
Pod to the nameserver of its resolv.conf, through every policy in between; +search walks the Pod's search path, and
+trace-search shows each query that a program's resolver puts, with its time and how to need fewer.

Options of dig: -4 -6 -c -p -q -t -u -x, +[no]additional adflag all answer authority cdflag class cmd comments cookie
dnssec edns identify ignore multiline nsid qr question recurse search short showsearch stats tcp ttlid vc, +bufsize=
+domain= +ndots= +retry= +subnet= +time= +tries=, and +json.

Exit codes: 0 there was a reply, whatever it says, as with dig; 2 usage; 3 no reply: denied, timed out, unreachable.`,
  options: {
    as: {
      type: 'string',
      value: 'POD',
      help: 'ask as this Pod: pod, namespace/pod, deploy/web or namespace/deploy/web',
    },
    ...NAMESPACE_OPTION,
    libc: {
      type: 'string',
      value: 'LIBC',
      help: 'whose resolver +trace-search follows: glibc (default) or musl',
    },
    ...NAME_OPTION,
  },
  examples: [
    'dig web.default.svc.cluster.local',
    'dig _http._tcp.web.default.svc.cluster.local SRV +short',
    'dig --as default/web-0 +search api',
    'dig --as default/web-0 www.example.org +trace-search',
    'dig -x 10.96.0.10 +noall +answer',
  ],
  isRaw: true,
  run: async (invocation) => {
    const given = readDigArguments(invocation.positionals);
    const client = invocation.client(given.instance);
    let code: ExitCode = EXIT.Ok;
    for (const [index, lookup] of given.lookups.entries()) {
      const result = await client.call('dig', requestOf(lookup, given));
      if (print(invocation, { given, index, result })) continue;
      code = EXIT.Unreachable;
    }
    return code;
  },
};

interface Printed {
  readonly given: DigArguments;
  readonly index: number;
  readonly result: DigResult;
}

/** @returns Whether there was a reply to every question that counts. */
function print(invocation: Invocation, printed: Printed): boolean {
  const { given, index, result } = printed;
  const { terminal } = invocation;
  const lookup = given.lookups[index];
  if (lookup === undefined) return true;
  const { display } = lookup;
  const shown = display.searchSteps || display.json ? result.exchanges : result.exchanges.slice(-1);
  if (display.json)
    terminal.out(JSON.stringify(result.walk === undefined ? shown : result, undefined, 2));
  else if (result.walk !== undefined)
    terminal.out(renderWalk(lookup.name, given.libc, { ...result, walk: result.walk }));
  else
    for (const exchange of shown) {
      if (index === 0 && display.command) terminal.out(greeting(invocation, exchange));
      const text = renderExchange(exchange, display);
      if (text !== '') terminal.out(text);
    }
  const silent = result.exchanges.filter(({ messages }) => messages.length === 0);
  explainSilence(invocation, given, silent);
  return silent.length === 0;
}

function greeting({ positionals }: Invocation, { serverCount }: DigExchange): string {
  return [
    '',
    `; <<>> podlane dig <<>> ${positionals.join(' ')}`,
    `; (${serverCount} server${serverCount === 1 ? '' : 's'} found)`,
    ';; global options: +cmd',
  ].join('\n');
}

/** Why nobody answered, where it is known. */
function explainSilence(
  { terminal }: Invocation,
  { as }: DigArguments,
  silent: readonly DigExchange[],
): void {
  const reasons = silent.flatMap(({ failures }) =>
    failures.flatMap(({ because }) => because ?? []),
  );
  const [{ server } = { server: undefined }] = silent;
  for (const reason of new Set(reasons)) terminal.err(`podlane dig: ${reason}`);
  if (reasons.length > 0 && as !== undefined && server !== undefined)
    terminal.err(
      `  \`podlane explain '${as} -> ${server.address}:${server.port}'\` tells every step.`,
    );
}
