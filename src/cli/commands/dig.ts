import type { DigResponse, DigResult } from '../../control/index.ts';
import { EXIT, NAME_OPTION, type Command, type ExitCode, type Invocation } from '../command.ts';
import { parseIp } from '../../net/index.ts';
import { UsageError } from '../usage-error.ts';

const TYPES = [
  'A',
  'AAAA',
  'ANY',
  'CAA',
  'CNAME',
  'HTTPS',
  'MX',
  'NS',
  'PTR',
  'SOA',
  'SRV',
  'SVCB',
  'TXT',
];

interface DigArguments {
  readonly name: string;
  readonly type: string;
  readonly as: string | undefined;
  readonly instance: string | undefined;
  readonly isShort: boolean;
  readonly isSearching: boolean;
}

/** `podlane dig`: dig's arguments, asked of the cluster's DNS. */
export const dig: Command = {
  name: 'dig',
  usage: ['dig [--as NAMESPACE/POD] NAME [TYPE] [-x ADDRESS] [+short] [+search]'],
  description:
    "Asks the running instance's DNS as dig does. With --as the query comes from that Pod, and +search walks its search path.",
  options: {
    as: { type: 'string', value: 'NAMESPACE/POD', help: 'ask as this Pod' },
    ...NAME_OPTION,
  },
  examples: [
    'dig web.default.svc.cluster.local',
    'dig _http._tcp.web.default.svc.cluster.local SRV +short',
    'dig --as default/web-0 +search api',
    'dig -x 10.96.0.10',
  ],
  isRaw: true,
  run: async (invocation) => {
    const request = readDigArguments(invocation.positionals);
    const { name, type, as, isSearching } = request;
    const result = await invocation
      .client(request.instance)
      .call('dig', { name, type, isSearching, ...(as === undefined ? {} : { as }) });
    return print(invocation, request, result);
  },
};

interface Draft {
  name?: string;
  type?: string;
  as?: string;
  instance?: string;
  readonly flags: Set<string>;
}

const VALUED: Readonly<Record<string, (draft: Draft, value: string) => void>> = {
  '--as': (draft, value) => void (draft.as = value),
  '--name': (draft, value) => void (draft.instance = value),
  '-q': (draft, value) => void (draft.name = value),
  '-t': (draft, value) => void (draft.type = value.toUpperCase()),
  // There is one server, so its port says nothing.
  '-p': () => undefined,
  '-x': (draft, value) => {
    draft.name = reverseName(value);
    draft.type = 'PTR';
  },
};

/**
 * Reads dig's own forms; `@server` and `-p` are accepted and say nothing new, since there is one server.
 *
 * @throws UsageError for an option that is not known, or without a name.
 */
export function readDigArguments(words: readonly string[]): DigArguments {
  const draft: Draft = { flags: new Set() };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const read = VALUED[word];
    if (read === undefined) readWord(draft, word);
    else read(draft, valueOf(word, rest.shift()));
  }
  const { name, type = 'A', as, instance, flags } = draft;
  if (name === undefined) {
    throw new UsageError(
      'podlane dig: no name to ask for',
      'For example `podlane dig web.default.svc.cluster.local`.',
    );
  }
  return {
    name,
    type,
    as,
    instance,
    isShort: flags.has('+short'),
    isSearching: flags.has('+search'),
  };
}

function readWord(draft: Draft, word: string): void {
  if (word.startsWith('@')) return;
  if (word.startsWith('+')) draft.flags.add(word);
  else if (word.startsWith('-'))
    throw new UsageError(`podlane dig: unknown option ${word}`, 'See `podlane dig --help`.');
  else if (draft.name !== undefined || isType(word)) draft.type = word.toUpperCase();
  else draft.name = word;
}

function isType(word: string): boolean {
  return TYPES.includes(word.toUpperCase()) || /^TYPE\d+$/i.test(word);
}

function valueOf(option: string, value: string | undefined): string {
  if (value === undefined)
    throw new UsageError(`podlane dig: ${option} needs a value`, 'See `podlane dig --help`.');
  return value;
}

function reverseName(address: string): string {
  const ip = parseIp(address);
  if (ip === undefined) throw new UsageError(`podlane dig: "${address}" is no IP address`);
  if (ip.family === 'IPv4') return `${ip.text.split('.').toReversed().join('.')}.in-addr.arpa.`;
  const nibbles = ip.bits.toString(16).padStart(32, '0').split('');
  return `${nibbles.toReversed().join('.')}.ip6.arpa.`;
}

function print(
  { terminal }: Invocation,
  { isShort }: DigArguments,
  { responses, server }: DigResult,
): ExitCode {
  const last = responses.at(-1);
  if (isShort) {
    for (const line of last?.answer ?? []) terminal.out(line.split(/\s+/).slice(4).join(' '));
  } else {
    for (const response of responses) terminal.out(render(response, server));
  }
  return last?.status === 'NOERROR' && last.answer.length > 0 ? EXIT.Ok : EXIT.Unreachable;
}

function render(response: DigResponse, server: string): string {
  const { answer, authority, additional } = response;
  const section = (name: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`;; ${name} SECTION:`, ...lines, ''];
  return [
    `;; ->>HEADER<<- opcode: QUERY, status: ${response.status}, id: ${response.id}`,
    `;; flags: ${response.flags.join(' ')}; QUERY: 1, ANSWER: ${answer.length}, AUTHORITY: ${authority.length}, ADDITIONAL: ${additional.length}`,
    '',
    ...section('QUESTION', [`;${response.question}`]),
    ...section('ANSWER', answer),
    ...section('AUTHORITY', authority),
    ...section('ADDITIONAL', additional),
    `;; Query time: ${Math.round(response.elapsedMs)} msec`,
    `;; SERVER: ${server}`,
    `;; MSG SIZE  rcvd: ${response.sizeBytes}`,
    '',
  ].join('\n');
}
