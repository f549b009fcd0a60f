import {
  listMembers,
  fieldValue,
  fieldValues,
  type HeaderFields,
  type RequestHead,
  type ResponseHead,
} from './http1/index.ts';
import { downstreamFields, type ResponseFacts } from './response-fields.ts';
import { upstreamFields, type UpstreamFacts } from './request-fields.ts';

/** The head that goes to the backend, in bytes' latin1 text. */
export function upstreamHead(head: RequestHead, facts: UpstreamFacts): string {
  const { connectionHeader } = facts.policy ?? {};
  let text = `${head.method} ${facts.target ?? head.target} HTTP/1.1\r\n`;
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
}

/** The head that goes to the client, in bytes' latin1 text. */
export function downstreamHead(head: ResponseHead, facts: DownstreamFacts): string {
  let text = `HTTP/1.1 ${head.status} ${head.reason}\r\n`;
  const fields = downstreamFields(head.fields, facts);
  for (let index = 0; index < fields.length; index += 2)
    text += `${fields[index]}: ${fields[index + 1]}\r\n`;
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
