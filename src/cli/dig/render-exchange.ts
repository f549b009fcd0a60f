import type { DigEdns, DigExchange, DigMessage, DigRecord } from '../../control/index.ts';
import { questionLine, recordLine } from './columns.ts';
import type { DigDisplay } from './lookup.ts';

/** An answer, or the lack of one, as `dig` prints it; without a line end. */
export function renderExchange(exchange: DigExchange, display: DigDisplay): string {
  const { messages, isRepeatedOverTcp } = exchange;
  const retried = isRepeatedOverTcp === true ? [';; Truncated, retrying in TCP mode.'] : [];
  const lost = exchange.failures.map((failure) => lossLine(exchange, failure.what));
  const [message] = messages;
  if (message === undefined)
    return [...retried, ...lost, ';; no servers could be reached'].join('\n');
  const hidden = display.short ? [] : [...retried, ...lost];
  const text = display.short
    ? shortLines(exchange, display)
    : isTransfer(exchange)
      ? transferLines(exchange, display)
      : [...messageLines(message, display), ...statisticsLines(exchange, display)];
  return [...hidden, ...text].join('\n');
}

function lossLine({ server: { address, port } }: DigExchange, what: string): string {
  return `;; communications error to ${address}#${port}: ${what}`;
}

function shortLines(exchange: DigExchange, { identify, microseconds }: DigDisplay): string[] {
  const { messages, server, elapsedMs } = exchange;
  const time = timeText(elapsedMs, microseconds ? 'us' : 'ms');
  const from = identify ? ` from server ${server.address} in ${time}.` : '';
  return messages.flatMap(({ answer }) => answer.map(({ data }) => `${data}${from}`));
}

function isTransfer({ type, messages }: DigExchange): boolean {
  return type === 'AXFR' && messages.some(({ answer }) => answer.length > 0);
}

function transferLines(exchange: DigExchange, display: DigDisplay): string[] {
  const { messages } = exchange;
  const records = messages.flatMap(({ answer }) => answer);
  const octets = messages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const count = `;; XFR size: ${records.length} records (messages ${messages.length}, bytes ${octets})`;
  return [
    ...records.map((record) => recordLine(record, display)),
    ...(display.statistics ? [...sourceLines(exchange, display), count, ''] : []),
  ];
}

function messageLines(message: DigMessage, display: DigDisplay): string[] {
  const recordLines = (list: readonly DigRecord[]): string[] =>
    list.map((record) => recordLine(record, display));
  const questions = message.question.map((asked) => questionLine(asked, display));
  const sections = [
    { name: 'question', lines: questions },
    { name: 'answer', lines: recordLines(message.answer) },
    { name: 'authority', lines: recordLines(message.authority) },
    { name: 'additional', lines: recordLines(message.additional) },
  ] as const;
  const shown = sections.filter(({ name, lines }) => display[name] && lines.length > 0);
  if (!display.comments) return shown.flatMap(({ lines }) => lines);
  return [
    ...headLines(message),
    ...shown.flatMap(({ name, lines }) => [`;; ${name.toUpperCase()} SECTION:`, ...lines, '']),
  ];
}

function headLines(message: DigMessage): string[] {
  const { opcode, status, id, flags, question, answer, authority, additional, edns } = message;
  const isRefused = flags.includes('rd') && flags.includes('qr') && !flags.includes('ra');
  const counts = `QUERY: ${question.length}, ANSWER: ${answer.length}, AUTHORITY: ${authority.length}, ADDITIONAL: ${additional.length + (edns === undefined ? 0 : 1)}`;
  return [
    ';; Got answer:',
    `;; ->>HEADER<<- opcode: ${opcode}, status: ${status}, id: ${id}`,
    `;; flags: ${flags.join(' ')}; ${counts}`,
    ...(isRefused ? [';; WARNING: recursion requested but not available'] : []),
    '',
    ...(edns === undefined ? [] : ednsLines(edns)),
  ];
}

function ednsLines({ version, udpSize, isDnssecOk, options }: DigEdns): string[] {
  return [
    ';; OPT PSEUDOSECTION:',
    `; EDNS: version: ${version}, flags:${isDnssecOk ? ' do' : ''}; udp: ${udpSize}`,
    ...options.map(optionLine),
  ];
}

const OPTION_LINES: Readonly<Record<number, (hex: string) => string>> = {
  3: (hex) => `NSID: ${spaced(hex)} ("${printable(hex)}")`,
  8: (hex) => `CLIENT-SUBNET: ${subnetText(hex)}`,
  10: (hex) => `COOKIE: ${hex}`,
  15: (hex) => `EDE: ${edeText(hex)}`,
};

function optionLine({ code, hex }: DigEdns['options'][number]): string {
  const line = OPTION_LINES[code];
  return `; ${line === undefined ? `OPT=${code}: ${spaced(hex)} ("${printable(hex)}")` : line(hex)}`;
}

function spaced(hex: string): string {
  return hex.replaceAll(/(..)(?=.)/g, '$1 ');
}

function printable(hex: string): string {
  return Buffer.from(hex, 'hex')
    .toString('latin1')
    .replaceAll(/[^\u0020-\u007E]/g, '.');
}

/** `10.0.0.0/8/0` @see RFC 7871 §6 */
function subnetText(hex: string): string {
  const [, family = 1, source = 0, scope = 0, ...octets] = Buffer.from(hex, 'hex');
  const whole = [...octets, ...Array.from({ length: 16 }, () => 0)];
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((whole[2 * index] ?? 0) << 8) | (whole[2 * index + 1] ?? 0)).toString(16),
  );
  const address = family === 1 ? whole.slice(0, 4).join('.') : groups.join(':');
  return `${address}/${source}/${scope}`;
}

/** Codes of extended errors. @see RFC 8914 §4 */
const EDE: Readonly<Record<number, string>> = {
  0: 'Other',
  3: 'Stale Answer',
  4: 'Forged Answer',
  13: 'Cached Error',
  14: 'Not Ready',
  15: 'Blocked',
  16: 'Censored',
  17: 'Filtered',
  18: 'Prohibited',
  19: 'Stale NXDomain Answer',
  20: 'Not Authoritative',
  21: 'Not Supported',
  22: 'No Reachable Authority',
  23: 'Network Error',
};

function edeText(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  const code = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  const text = bytes.subarray(2).toString();
  const name = EDE[code];
  return `${code}${name === undefined ? '' : ` (${name})`}${text === '' ? '' : `: (${text})`}`;
}

function statisticsLines(exchange: DigExchange, display: DigDisplay): string[] {
  if (!display.statistics) return [];
  const [message] = exchange.messages;
  return [...sourceLines(exchange, display), `;; MSG SIZE  rcvd: ${message?.sizeBytes ?? 0}`, ''];
}

function sourceLines(
  { server, transport, elapsedMs, atMs }: DigExchange,
  display: DigDisplay,
): string[] {
  const { address, port, text } = server;
  return [
    `;; Query time: ${timeText(elapsedMs, display.microseconds ? 'usec' : 'msec')}`,
    `;; SERVER: ${address}#${port}(${text}) (${transport.toUpperCase()})`,
    `;; WHEN: ${whenText(atMs)}`,
  ];
}

function timeText(elapsedMs: number, unit: string): string {
  return `${Math.round(unit.startsWith('u') ? elapsedMs * 1000 : elapsedMs)} ${unit}`;
}

/** `Sat Nov 21 12:29:44 UTC 2026` */
function whenText(atMs: number): string {
  const [day = '', date, month, year, time] = new Date(atMs).toUTCString().split(' ');
  return `${day.replace(',', '')} ${month} ${date} ${time} UTC ${year}`;
}
