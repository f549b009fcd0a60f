import {
  listMembers,
  fieldValues,
  type HeaderFields,
  type RequestHead,
  type ResponseHead,
} from './http1/index.ts';

/** Fields of one hop. `Transfer-Encoding` and `Content-Length` are written anew from the framing. @see RFC 9110 §7.6.1 */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** What a proxy says of its client; whatever the client says of them itself is replaced. */
const FORWARDED = new Set([
  'host',
  'proxy',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-real-ip',
  'x-request-id',
  'x-scheme',
]);

/** What the backend is told of the request's origin. */
export interface ForwardedFacts {
  readonly clientAddress: string;
  readonly scheme: 'http' | 'https';
  /** The port that clients asked, as they see it: 80, 443. */
  readonly port: number;
  /** Used where the client sent no X-Request-ID: 32 hexadecimal digits. */
  readonly requestId: string;
}

/** The head that goes to the backend, in bytes' latin1 text. */
export function upstreamHead(head: RequestHead, facts: ForwardedFacts): string {
  const { clientAddress, scheme, port, requestId } = facts;
  const isUpgrade = wantsUpgrade(head);
  const lines = [
    `${head.method} ${head.target} HTTP/1.1`,
    `Host: ${head.host}`,
    `X-Request-ID: ${valueOf(head.fields, 'x-request-id') ?? requestId}`,
    `X-Real-IP: ${clientAddress}`,
    `X-Forwarded-For: ${clientAddress}`,
    `X-Forwarded-Host: ${head.host}`,
    `X-Forwarded-Port: ${port}`,
    `X-Forwarded-Proto: ${scheme}`,
    `X-Forwarded-Scheme: ${scheme}`,
    `X-Scheme: ${scheme}`,
  ];
  passOn(head.fields, lines, FORWARDED);
  if (head.framing.kind === 'chunked') lines.push('Transfer-Encoding: chunked');
  if (isUpgrade)
    lines.push('Connection: Upgrade', `Upgrade: ${valueOf(head.fields, 'upgrade') ?? ''}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** How the client's connection goes on after a response. */
export interface DownstreamFacts {
  readonly isPersistent: boolean;
  /** The body is sent in chunks, whatever framing it came in. */
  readonly isChunked: boolean;
  /** HTTP/1.0 clients are told that the connection persists; others are told when it does not. */
  readonly isOldClient: boolean;
}

/** The head that goes to the client, in bytes' latin1 text. */
export function downstreamHead(head: ResponseHead, facts: DownstreamFacts): string {
  const lines = [`HTTP/1.1 ${head.status} ${head.reason}`];
  passOn(head.fields, lines, NOTHING);
  if (facts.isChunked) lines.push('Transfer-Encoding: chunked');
  if (head.status === 101)
    lines.push('Connection: Upgrade', `Upgrade: ${valueOf(head.fields, 'upgrade') ?? ''}`);
  else if (head.status >= 200 && !facts.isPersistent) lines.push('Connection: close');
  else if (head.status >= 200 && facts.isOldClient) lines.push('Connection: keep-alive');
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Whether the client asks to leave HTTP (WebSocket). */
export function wantsUpgrade({ fields, version }: RequestHead): boolean {
  return (
    version === '1.1' &&
    listMembers(fieldValues(fields, 'connection')).includes('upgrade') &&
    valueOf(fields, 'upgrade') !== undefined
  );
}

/** A client that names these in Connection would take the framing off its own request. */
const NEVER_DROPPED = new Set(['content-length', 'host']);
const NOTHING: ReadonlySet<string> = new Set();

/** Adds the end-to-end fields to `lines`: not those of one hop, not those that Connection names, not those in `replaced`. */
function passOn(fields: HeaderFields, lines: string[], replaced: ReadonlySet<string>): void {
  const named = listMembers(fieldValues(fields, 'connection'));
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key) || replaced.has(key)) continue;
    if (named.length > 0 && named.includes(key) && !NEVER_DROPPED.has(key)) continue;
    lines.push(`${name}: ${fields[index + 1] ?? ''}`);
  }
}

function valueOf(fields: HeaderFields, name: string): string | undefined {
  return fieldValues(fields, name)[0];
}
