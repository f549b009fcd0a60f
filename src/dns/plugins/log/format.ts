import { maxSize } from '../../answer.ts';
import type { Observation } from '../../observation.ts';
import { className, rcodeName, typeName } from '../../wire/index.ts';

/** A line about a query. @param now Milliseconds since 1970. */
export type LineFormat = (observation: Observation, now: number) => string;

export const COMMON_FORMAT =
  '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}';
export const COMBINED_FORMAT: string = `${COMMON_FORMAT} "{>opcode}"`;

/** What stands where there is no value. */
const EMPTY = '-';

type Label = (observation: Observation, now: number) => string;

/** @see CoreDNS `plugin/pkg/replacer` */
const LABELS: ReadonlyMap<string, Label> = new Map<string, Label>([
  ['{type}', ({ query }) => typeName(query.qtype)],
  ['{name}', ({ query }) => query.qname],
  ['{class}', ({ query }) => className(query.qclass)],
  ['{proto}', ({ client }) => (client.transport === 'udp' ? 'udp' : 'tcp')],
  ['{size}', ({ requestOctets }) => String(requestOctets)],
  ['{remote}', ({ client }) => bracketed(client.address)],
  ['{port}', ({ client }) => String(client.port)],
  ['{local}', ({ client }) => (client.address.includes(':') ? '[::1]' : '127.0.0.1')],
  ['{when}', (_, now) => when(now)],
  ['{rcode}', ({ answer }) => (answer === undefined ? '' : rcodeName(answer.rcode))],
  ['{rsize}', ({ responseOctets }) => String(responseOctets)],
  ['{duration}', ({ durationMs }) => `${seconds(durationMs)}s`],
  ['{>rflags}', rflags],
  ['{>id}', ({ id }) => String(id)],
  ['{>opcode}', ({ query }) => String(query.opcode)],
  ['{>do}', ({ query }) => String(query.edns?.isDnssecOk ?? false)],
  ['{>bufsize}', ({ query, client }) => String(maxSize(client, query.edns))],
]);

/** Parses a format once; what it does not know stays as it is written. */
export function compileFormat(format: string): LineFormat {
  const parts = format.split(/(\{[^{}]*\})/).map((part): Label => {
    if (part.startsWith('{/') && part.endsWith('}')) return metadataLabel(part.slice(2, -1));
    const label = LABELS.get(part.startsWith('{>') ? part.toLowerCase() : part);
    return label === undefined ? () => part : (seen, now) => label(seen, now) || EMPTY;
  });
  return (observation, now) => parts.map((part) => part(observation, now)).join('');
}

function metadataLabel(label: string): Label {
  return ({ query }) => query.metadata?.get(label)?.() || EMPTY;
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** No exponent, no trailing zeros: nanoseconds are as exact as CoreDNS says it. */
function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(9).replace(/\.?0+$/, '');
}

function rflags({ query, answer }: Observation): string {
  if (answer === undefined) return '';
  const flags: readonly (readonly [name: string, isSet: boolean | undefined])[] = [
    ['qr', true],
    ['aa', answer.isAuthoritative],
    ['tc', answer.isTruncated],
    ['rd', answer.isRecursionDesired ?? query.isRecursionDesired],
    ['ra', answer.isRecursionAvailable],
    ['ad', answer.isAuthentic],
    ['cd', query.isCheckingDisabled],
  ];
  return flags.flatMap(([name, isSet]) => (isSet === true ? name : [])).join(',');
}

/** `02/Jan/2006:15:04:05 +0000` */
function when(now: number): string {
  const [, day = '', month = '', year = '', time = ''] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(now).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
