import {
  listMembers,
  fieldValue,
  fieldValues,
  ORIGINAL_FIELDS,
  TOLD_FIELDS,
  type HeaderFields,
  type RequestHead,
  type ResponseHead,
} from './http1/index.ts';
import type { ForwardingPolicy, RoutePolicy } from './route-policy.ts';
import { downstreamFields, type ResponseFacts } from './response-fields.ts';
import { ToldLines, upstreamFields, type UpstreamFacts } from './request-fields.ts';

/** The head that goes to the backend, in bytes' latin1 text. */
export function upstreamHead(head: RequestHead, facts: UpstreamFacts): string {
  const first = `${head.method} ${facts.target ?? head.target} HTTP/1.1\r\n`;
  return isPlainRequest(head, facts)
    ? first + plainLines(head, facts)
    : first + editedLines(head, facts);
}

/** Whether the backend gets the lines that are passed and what a proxy tells, and nothing is to be done with either. */
function isPlainRequest(head: RequestHead, { policy, edits }: UpstreamFacts): boolean {
  if (edits !== undefined || !areConnectionFieldsPlain(head.known)) return false;
  if (policy === undefined) return true;
  if (
    policy.requestHeaders !== undefined ||
    policy.basicAuth !== undefined ||
    policy.connectionHeader !== undefined
  )
    return false;
  return policy.isNginx !== true || isPlainForNginx(head, policy);
}

/** ingress-nginx looks at what other proxies said, and at underscores. */
function isPlainForNginx(head: RequestHead, policy: RoutePolicy): boolean {
  const { upstreamHost, forwardedPrefix, forwarding } = policy;
  if (head.hasUnderscore || upstreamHost !== undefined || forwardedPrefix !== undefined)
    return false;
  if (forwarding !== undefined && !isPlainForwarding(forwarding)) return false;
  return !head.known.some((name, index) => index % 2 === 0 && isOfProxies(name));
}

/** Whoever is trusted may say who asks in any field. */
function isPlainForwarding(forwarding: ForwardingPolicy): boolean {
  return (
    !forwarding.isTrusted &&
    forwarding.forwardedFor === undefined &&
    forwarding.isRequestIdGenerated &&
    !forwarding.isOriginalUriSent
  );
}

function isOfProxies(name: string): boolean {
  return name !== 'x-request-id' && (TOLD_FIELDS.has(name) || ORIGINAL_FIELDS.has(name));
}

/** Whether the connection is not to change, and no other field is the connection's. */
function areConnectionFieldsPlain(known: HeaderFields): boolean {
  for (let index = 0; index < known.length; index += 2) {
    const name = known[index];
    if (name === 'upgrade') return false;
    if (name === 'connection' && known[index + 1] !== 'keep-alive' && known[index + 1] !== 'close')
      return false;
  }
  return true;
}

function plainLines(head: RequestHead, facts: UpstreamFacts): string {
  const { host, known, passed, framing } = head;
  const told = (facts.told ?? new ToldLines(facts)).upToId(host);
  const requestId = fieldValue(known, 'x-request-id') ?? facts.requestId;
  return `${told}${requestId}\r\n${passed}${framingLines(head, framing.kind === 'chunked')}\r\n`;
}

const CHUNKED_LINE = 'Transfer-Encoding: chunked\r\n';

/** Written anew where it does not go on, so that what stands around it is no other reader's riddle. */
function framingLines(
  { known, framing, isFramingPassed }: Pick<RequestHead, 'known' | 'framing' | 'isFramingPassed'>,
  isChunked: boolean,
): string {
  if (isFramingPassed) return isChunked && framing.kind !== 'chunked' ? CHUNKED_LINE : '';
  const length = fieldValue(known, 'content-length');
  return length === undefined ? chunkedLine(isChunked) : `Content-Length: ${length}\r\n`;
}

function chunkedLine(isChunked: boolean): string {
  return isChunked ? CHUNKED_LINE : '';
}

function editedLines(head: RequestHead, facts: UpstreamFacts): string {
  const { connectionHeader } = facts.policy ?? {};
  let text = '';
  const fields = upstreamFields(head, facts);
  for (let index = 0; index < fields.length; index += 2)
    text += `${fields[index]}: ${fields[index + 1]}\r\n`;
  if (head.framing.kind === 'chunked') text += CHUNKED_LINE;
  const upgrade = wantsUpgrade(head) ? fieldValue(head.fields, 'upgrade') : undefined;
  const connection = connectionHeader ?? (upgrade === undefined ? undefined : 'upgrade');
  if (connection !== undefined) text += `Connection: ${connection}\r\n`;
  if (upgrade !== undefined) text += `Upgrade: ${upgrade}\r\n`;
  return `${text}\r\n`;
}

/** How the client's connection goes on after a response. */
export interface DownstreamFacts extends ResponseFacts {
  readonly isPersistent: boolean;
  /** The body is sent in chunks, whatever framing it came in. */
  readonly isChunked: boolean;
  /** HTTP/1.0 clients are told that the connection persists; others are told when it does not. */
  readonly isOldClient: boolean;
  /** Set-Cookie values of the ingress itself. */
  readonly cookies: readonly string[];
}

/** The head that goes to the client, in bytes' latin1 text. */
export function downstreamHead(head: ResponseHead, facts: DownstreamFacts): string {
  const lines = isPlainResponse(head, facts)
    ? head.passed + framingLines(head, facts.isChunked)
    : editedResponse(head, facts) + chunkedLine(facts.isChunked);
  return `HTTP/1.1 ${head.status} ${head.reason}\r\n${lines}${cookieLines(facts.cookies)}${connectionLines(head, facts)}\r\n`;
}

/** Whether the client's head is what came but for the lines that do not go on. */
export function isPassedWhole(head: ResponseHead, facts: DownstreamFacts): boolean {
  return (
    head.isFirstPassed &&
    head.isFramingPassed &&
    facts.isPersistent &&
    !facts.isOldClient &&
    facts.cookies.length === 0 &&
    facts.isChunked === (head.framing.kind === 'chunked') &&
    isPlainResponse(head, facts)
  );
}

function isPlainResponse(
  { known, framing }: ResponseHead,
  { policy, scheme, isChunked }: DownstreamFacts,
): boolean {
  if (!areConnectionFieldsPlain(known)) return false;
  // Chunks that end here, or that no body comes in.
  const isUnchunked = !isChunked || framing.kind !== 'chunked';
  if (isUnchunked && known.includes('transfer-encoding')) return false;
  if (policy === undefined) return true;
  return (
    policy.responseHeaders === undefined &&
    policy.cors === undefined &&
    policy.proxyRedirect === undefined &&
    policy.cookieDomain === undefined &&
    policy.cookiePath === undefined &&
    (policy.hsts === undefined || scheme !== 'https')
  );
}

function editedResponse(head: ResponseHead, facts: DownstreamFacts): string {
  let text = '';
  const fields = downstreamFields(head.fields, facts);
  for (let index = 0; index < fields.length; index += 2)
    text += `${fields[index]}: ${fields[index + 1]}\r\n`;
  return text;
}

function cookieLines(cookies: readonly string[]): string {
  return cookies.map((cookie) => `Set-Cookie: ${cookie}\r\n`).join('');
}

function connectionLines({ status, known }: ResponseHead, facts: DownstreamFacts): string {
  if (status === 101)
    return `Connection: Upgrade\r\nUpgrade: ${fieldValue(known, 'upgrade') ?? ''}\r\n`;
  if (status < 200) return '';
  if (!facts.isPersistent) return 'Connection: close\r\n';
  return facts.isOldClient ? 'Connection: keep-alive\r\n' : '';
}

/** Whether the client asks to leave HTTP (WebSocket). */
export function wantsUpgrade({
  fields,
  version,
}: {
  readonly fields: HeaderFields;
  readonly version: RequestHead['version'];
}): boolean {
  return (
    version === '1.1' &&
    fieldValue(fields, 'upgrade') !== undefined &&
    listMembers(fieldValues(fields, 'connection')).includes('upgrade')
  );
}
