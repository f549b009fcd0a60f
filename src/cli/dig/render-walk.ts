import type { DigExchange, DigResult, DigWalk } from '../../control/index.ts';
import { renderTable } from '../render-table.ts';

const ERRORS: Readonly<Record<string, string>> = {
  HOST_NOT_FOUND: 'no name of the path exists',
  NO_DATA: 'a name exists and has no address',
  TRY_AGAIN: 'a server failed or kept silent: programs are told to try again',
  NO_RECOVERY: 'a server refused: programs are told that it cannot be resolved',
};

/** Each query of a search with its answer and time, their sum, and how to get by with fewer. */
export function renderWalk(
  name: string,
  libc: string,
  { exchanges, walk }: DigResult & { readonly walk: DigWalk },
): string {
  const { who, domains, ndots, hosts, advice } = walk;
  const head = [
    `;; ${who} looks for "${name}" as a program with ${libc} does`,
    `;; search ${domains.join(' ')}, ndots:${ndots}: ${orderText(name, ndots)}`,
    '',
  ];
  if (hosts !== undefined)
    return [
      ...head,
      `;; ${name} stands in /etc/hosts of the Pod: ${hosts.join(' ')}; nobody is asked`,
      '',
    ].join('\n');
  const rows = exchanges.map((exchange, index) => [
    index + 1,
    exchange.name,
    exchange.type,
    statusOf(exchange),
    `${exchange.elapsedMs.toFixed(1)} ms`,
    answersOf(exchange),
  ]);
  return [
    ...head,
    renderTable(['#', 'name', 'type', 'status', 'time', 'answer'], rows),
    '',
    `;; ${sumText(exchanges, walk)}`,
    ...(advice.length === 0 ? [] : [';; fewer queries:', ...advice.map((line) => `;;   ${line}`)]),
    '',
  ].join('\n');
}

function orderText(name: string, ndots: number): string {
  if (name.endsWith('.')) return 'a dot at the end leaves the path out';
  const dots = name.split('.').length - 1;
  const counted = dots === 1 ? '1 dot' : `${dots} dots`;
  return dots >= ndots
    ? `with ${counted} the name itself comes first`
    : `with ${counted} the path comes first`;
}

function statusOf({ messages: [message], failures, type }: DigExchange): string {
  if (message === undefined) return failures.at(-1)?.what ?? 'no answer';
  const isFound = message.answer.some((record) => record.type === type);
  return message.status === 'NOERROR' && !isFound ? 'NODATA' : message.status;
}

function answersOf({ messages: [message], failures }: DigExchange): string {
  if (message === undefined) return failures.at(-1)?.because ?? '';
  return message.answer.map(({ data }) => data).join(' ');
}

function sumText(exchanges: readonly DigExchange[], { found, error = '' }: DigWalk): string {
  const total = exchanges.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
  const vain = exchanges.filter(({ name }) => name !== found).length;
  const queries = `${exchanges.length} ${exchanges.length === 1 ? 'query' : 'queries'}`;
  const outcome = found === undefined ? (ERRORS[error] ?? error) : `found as ${found}`;
  return `${queries}, ${vain} of them in vain, ${total.toFixed(1)} ms in all: ${outcome}`;
}
