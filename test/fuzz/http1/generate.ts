/** Bytes that are HTTP/1, nearly HTTP/1, or once were. */
import type { Dice } from '../target.ts';

const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'M-SEARCH'];
const ODD_METHODS = ['get', 'FOO', 'G ET', '', 'PRI', 'CONNECT', 'GET\0', 'GE(T', '\x80'];
const TARGETS = ['/', '/a', '/a?b=c', '/a/../b', '//x', '/%2e', '/a;b', 'http://h/x', 'http://h'];
const ODD_TARGETS = [
  '*',
  '/a b',
  '/\x80',
  '/a#f',
  'a',
  'h:80',
  '/\0',
  '',
  '/\t',
  'ftp://h/',
  '/"<>|',
];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'];
const ODD_VERSIONS = [
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/1.2',
  'http/1.1',
  'HTTP/1.1 ',
  'HTTP/11',
  'HTTP/1.10',
  'HTTX/1.1',
  '',
  'HTTP/ 1.1',
  'HTTP/1,1',
  'HTTPS/1.1',
  'HTTP/1.1	',
  'RTSP/1.0',
  'ICE/1.0',
];
const LENGTHS = [
  '0',
  '3',
  '5',
  '03',
  '3, 3',
  '3,4',
  '-3',
  '+3',
  '3 ',
  '0x3',
  '',
  '3\t',
  '３',
  '99',
];
const CODINGS = [
  'chunked',
  'chunked',
  'chunked',
  'Chunked',
  ' chunked',
  'chunked ',
  'chunked,',
  ',chunked',
  'chunked, chunked',
  'gzip',
  'gzip, chunked',
  'chunked, gzip',
  'identity',
  'xchunked',
  '',
  'chunked;q=1',
  '"chunked"',
  'chunked\v',
  'chun	ked',
  'identity, chunked',
  'chunke',
  'chunkedx',
];
const CONNECTIONS = ['close', 'keep-alive', 'Close', 'close, x', 'x', 'close,keep-alive', ''];
const SMALL = [
  'X: y',
  'X:',
  'X:  y  ',
  'X:\ty\t',
  'Accept: */*',
  'x-y_z: "a, b"',
  'A: b: c',
  'X: \x80',
];
const ODD_FIELDS = [
  ' X: y',
  'X : y',
  'X	: y',
  'X',
  ': y',
  'X y: z',
  'X: \0',
  'X: a\rb',
  'X: a\nb',
  'X\0: y',
  'X: a\r\n b',
  'X: a\n	b',
  'X: a\vb',
  'X: ',
  'Host',
  'Content-Length',
  ': y',
  'X(: y',
  'Content-Length : 3',
  'Transfer-Encoding : chunked',
  ' Transfer-Encoding: chunked',
  'X:y\r',
  'Transfer­Encoding: chunked',
  'Content-Length\0: 3',
  'Transfer-Encoding\v: chunked',
];
const ODD_ENDS = ['\n', '\r', '\r\r\n', ' \r\n', '\n\r', '\r\n ', '\0\r\n'];
const EXTENSIONS = [
  ';a',
  ';a=b',
  ';a="b"',
  ';a="b;\tc"',
  ' ;a',
  ';',
  '; a=b',
  ';a=b;c',
  ';a="\\""',
];
const ODD_SIZES = [
  '0x3',
  '-3',
  '+3',
  '3 ',
  ' 3',
  '3\t',
  '',
  'g',
  '3_0',
  '00003',
  '3.0',
  '3,',
  '3;\n',
  '3;"\r',
];
const ODD_BYTES = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '\0',
  ':',
  ';',
  ',',
  '\x80',
  '\x7f',
  '0',
  'x',
  '"',
  '\x0b',
];

/** Mostly one of the first list, sometimes of the second. */
function pickOf(dice: Dice, usual: readonly string[], odd: readonly string[]): string {
  return dice.pick(dice.once(24) ? odd : usual);
}

const lineEnd = (dice: Dice): string => (dice.once(60) ? dice.pick(ODD_ENDS) : '\r\n');

/** How a body is sent, whatever the head says of it. */
type Sent = 'none' | 'length' | 'chunked';

function framingFields(dice: Dice, sent: Sent): string[] {
  const fields: string[] = [];
  if (sent === 'length' || dice.once(12))
    fields.push(`Content-Length: ${dice.once(4) ? dice.pick(LENGTHS) : '3'}`);
  if (sent === 'chunked' || dice.once(12))
    fields.push(`Transfer-Encoding: ${dice.once(4) ? dice.pick(CODINGS) : 'chunked'}`);
  if (dice.once(10)) fields.push(`content-length:${dice.pick(LENGTHS)}`);
  if (dice.once(10)) fields.push(`TRANSFER-ENCODING:${dice.pick(CODINGS)}`);
  return fields;
}

function fieldsOf(dice: Dice, sent: Sent): string[] {
  const fields = [
    ...dice.list(3, () => pickOf(dice, SMALL, ODD_FIELDS)),
    ...framingFields(dice, sent),
  ];
  if (dice.once(6)) fields.push(`Connection: ${dice.pick(CONNECTIONS)}`);
  if (dice.once(20)) fields.push(dice.pick(ODD_FIELDS));
  return fields.toSorted(() => dice.below(3) - 1);
}

function chunked(dice: Dice): string {
  let text = '';
  for (const content of dice.list(3, () =>
    dice.pick(['abc', 'a', '0123456789abcdef', '\r\n', '0\r\n\r\n']),
  )) {
    const size = dice.once(20)
      ? dice.pick(ODD_SIZES)
      : content.length.toString(16).padStart(1 + dice.below(2), '0');
    text += `${size}${dice.once(5) ? dice.pick(EXTENSIONS) : ''}${lineEnd(dice)}${content}${lineEnd(dice)}`;
  }
  const trailers = dice.once(4) ? dice.list(2, () => pickOf(dice, SMALL, ODD_FIELDS)) : [];
  const last = dice.once(20) ? dice.pick(['00', '0 ', '', '0;a', '-0', '0x0']) : '0';
  return `${last}${lineEnd(dice)}${trailers.map((field) => field + lineEnd(dice)).join('')}${lineEnd(dice)}`.replace(
    /^/,
    () => text,
  );
}

function bodyOf(dice: Dice, sent: Sent): string {
  switch (sent) {
    case 'none':
      return '';
    case 'length':
      return dice.pick(['abc', 'abc', 'abc', 'ab', 'abcde']);
    case 'chunked':
      return chunked(dice);
    default:
      return sent satisfies never;
  }
}

/** One request, more or less. */
function request(dice: Dice): string {
  const sent = dice.pick(['none', 'length', 'chunked'] as const);
  const separator = (): string => (dice.once(60) ? dice.pick(['  ', '\t', '', '\0']) : ' ');
  const line = [
    pickOf(dice, METHODS, ODD_METHODS),
    separator(),
    pickOf(dice, TARGETS, ODD_TARGETS),
    separator(),
    pickOf(dice, VERSIONS, ODD_VERSIONS),
  ].join('');
  const host = dice.once(30) ? [] : ['Host: h'];
  const lines = [line, ...host, ...fieldsOf(dice, sent)];
  const before = dice.once(30) ? dice.pick(['\r\n', '\n', '\r', ' ', '\r\n\r\n']) : '';
  return (
    before + lines.map((text) => text + lineEnd(dice)).join('') + lineEnd(dice) + bodyOf(dice, sent)
  );
}

const STATUSES = ['200', '200', '200', '204', '304', '100', '103', '500', '404'];
const ODD_STATUSES = ['99', '000', '1000', '20', '2x0', '', '-200', '101', '600', '999'];
const REASONS = [' OK', ' ', '', ' Not\tFound', ' \x80', '  OK'];
const ODD_REASONS = ['OK', ' \0', ' a\rb', '\t', ' O\nK'];

/** One response, more or less. */
function response(dice: Dice): string {
  const sent = dice.pick(['none', 'length', 'length', 'chunked'] as const);
  const line = `${pickOf(dice, VERSIONS, ODD_VERSIONS)}${dice.once(60) ? dice.pick(['  ', '\t', '']) : ' '}${pickOf(dice, STATUSES, ODD_STATUSES)}${pickOf(dice, REASONS, ODD_REASONS)}`;
  const length = sent === 'none' && dice.once(2) ? ['Content-Length: 0'] : [];
  const lines = [line, ...fieldsOf(dice, sent), ...length];
  return lines.map((text) => text + lineEnd(dice)).join('') + lineEnd(dice) + bodyOf(dice, sent);
}

/** Changes a few bytes, or none. */
function mutate(dice: Dice, text: string): string {
  let bytes = text;
  for (let count = dice.once(3) ? dice.between(1, 3) : 0; count > 0; count -= 1) {
    const at = dice.below(bytes.length + 1);
    const upTo = Math.min(bytes.length, at + dice.below(4));
    const odd = dice.pick(ODD_BYTES);
    bytes = dice.pick([
      bytes.slice(0, at) + odd + bytes.slice(at),
      bytes.slice(0, at) + bytes.slice(upTo),
      bytes.slice(0, at) + odd + bytes.slice(at + 1),
      bytes.slice(0, upTo) + bytes.slice(at),
      bytes.slice(0, at),
    ]);
  }
  return bytes;
}

/** Bytes of a connection, how they are cut, and what was asked where they are answers. */
export interface Connection {
  readonly bytes: Buffer;
  readonly cuts: readonly number[];
  readonly methods: readonly string[];
}

export function generateRequests(dice: Dice): Connection {
  return connection(dice, request);
}

export function generateResponses(dice: Dice): Connection {
  return connection(dice, response);
}

function connection(dice: Dice, one: (dice: Dice) => string): Connection {
  const messages = Array.from({ length: dice.between(1, 3) }, () => one(dice));
  const cuts = dice.pick([[], [], [1], [dice.between(1, 40), dice.between(1, 40)]]);
  return {
    bytes: Buffer.from(mutate(dice, messages.join('')), 'latin1'),
    cuts,
    methods: messages.map(() => (dice.once(8) ? 'HEAD' : 'GET')),
  };
}
