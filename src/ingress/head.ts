import {
  listMembers,
  fieldValue,
  fieldValues,
  type HeaderFields,
  type RequestHead,
  type ResponseHead,
} from './http1/index.ts';
import type { RoutePolicy } from './route-policy.ts';
import { downstreamFields, type ResponseFacts } from './response-fields.ts';
import { upstreamFields, type UpstreamFacts } from './request-fields.ts';

/** Stands for the request's ID in a head that is kept. */
const ID = '\0';

/** A head for the backend, but for its first line and the request's ID, with all that it was made from. */
interface KeptUpstreamHead {
  readonly policy: RoutePolicy | undefined;
  readonly host: string;
  readonly clientAddress: string;
  readonly scheme: string;
  readonly port: number;
  readonly beforeId: string;
  /** undefined: there is no ID in it. */
  readonly afterId: string | undefined;
}

const keptUpstream = new WeakMap<HeaderFields, KeptUpstreamHead>();

/** The head that goes to the backend, in bytes' latin1 text. */
export function upstreamHead(head: RequestHead, facts: UpstreamFacts): string {
  const first = `${head.method} ${facts.target ?? head.target} HTTP/1.1\r\n`;
  if (!isKeepable(facts)) return first + upstreamLines(head, facts);
  const known = keptUpstream.get(head.fields);
  const kept =
    known !== undefined && isSameOrigin(known, head, facts) ? known : keepUpstream(head, facts);
  return kept.afterId === undefined
    ? first + kept.beforeId
    : first + kept.beforeId + facts.requestId + kept.afterId;
}

/** Whether the lines depend on nothing but the fields, the policy and who asks. */
function isKeepable({ policy, edits }: UpstreamFacts): boolean {
  if (edits !== undefined) return false;
  if (policy === undefined) return true;
  return (
    policy.requestHeaders === undefined &&
    policy.upstreamHost === undefined &&
    policy.forwarding?.isOriginalUriSent !== true
  );
}

function isSameOrigin(
  kept: KeptUpstreamHead,
  { host }: RequestHead,
  facts: UpstreamFacts,
): boolean {
  return (
    kept.policy === facts.policy &&
    kept.clientAddress === facts.clientAddress &&
    kept.scheme === facts.scheme &&
    kept.port === facts.port &&
    kept.host === host
  );
}

function keepUpstream(head: RequestHead, facts: UpstreamFacts): KeptUpstreamHead {
  const { policy, clientAddress, scheme, port } = facts;
  const text = upstreamLines(head, { ...facts, requestId: ID });
  const at = text.indexOf(ID);
  const kept: KeptUpstreamHead = {
    policy,
    host: head.host,
    clientAddress,
    scheme,
    port,
    beforeId: at < 0 ? text : text.slice(0, at),
    afterId: at < 0 ? undefined : text.slice(at + ID.length),
  };
  keptUpstream.set(head.fields, kept);
  return kept;
}

function upstreamLines(head: RequestHead, facts: UpstreamFacts): string {
  const { connectionHeader } = facts.policy ?? {};
  let text = '';
  const fields = upstreamFields(head, facts);
  for (let index = 0; index < fields.length; index += 2)
    text += `${fields[index]}: ${fields[index + 1]}\r\n`;
  if (head.framing.kind === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  if (wantsUpgrade(head))
    text += `Connection: upgrade\r\nUpgrade: ${fieldValue(head.fields, 'upgrade') ?? ''}\r\n`;
  else if (connectionHeader !== undefined) text += `Connection: ${connectionHeader}\r\n`;
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
  readonly cookies?: readonly string[];
}

/** A head for the client, with all that it was made from. */
interface KeptDownstreamHead {
  readonly facts: DownstreamFacts;
  readonly status: number;
  readonly text: string;
}

const keptDownstream = new WeakMap<HeaderFields, KeptDownstreamHead>();

/** The head that goes to the client, in bytes' latin1 text. */
export function downstreamHead(head: ResponseHead, facts: DownstreamFacts): string {
  if (facts.cookies !== undefined || facts.origin !== undefined) return downstreamText(head, facts);
  const known = keptDownstream.get(head.fields);
  if (known !== undefined && known.status === head.status && isSameAnswer(known.facts, facts))
    return known.text;
  const text = downstreamText(head, facts);
  keptDownstream.set(head.fields, { facts, status: head.status, text });
  return text;
}

function isSameAnswer(a: DownstreamFacts, b: DownstreamFacts): boolean {
  return (
    a.policy === b.policy &&
    a.scheme === b.scheme &&
    a.isPersistent === b.isPersistent &&
    a.isChunked === b.isChunked &&
    a.isOldClient === b.isOldClient
  );
}

function downstreamText(head: ResponseHead, facts: DownstreamFacts): string {
  let text = `HTTP/1.1 ${head.status} ${head.reason}\r\n`;
  const fields = downstreamFields(head.fields, facts);
  for (let index = 0; index < fields.length; index += 2)
    text += `${fields[index]}: ${fields[index + 1]}\r\n`;
  for (const cookie of facts.cookies ?? []) text += `Set-Cookie: ${cookie}\r\n`;
  if (facts.isChunked) text += 'Transfer-Encoding: chunked\r\n';
  if (head.status === 101)
    text += `Connection: Upgrade\r\nUpgrade: ${fieldValue(head.fields, 'upgrade') ?? ''}\r\n`;
  else if (head.status >= 200 && !facts.isPersistent) text += 'Connection: close\r\n';
  else if (head.status >= 200 && facts.isOldClient) text += 'Connection: keep-alive\r\n';
  return `${text}\r\n`;
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
