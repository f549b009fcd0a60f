import { fieldValue, type RequestHead } from './http1/index.ts';
import { reasonOf } from './refuse.ts';
import { downstreamFields } from './response-fields.ts';
import type { RouteAnswer, RoutePolicy } from './route-policy.ts';

export interface AnswerFacts {
  /** The request; absent when it could not be read. */
  readonly head: RequestHead | undefined;
  readonly policy: RoutePolicy;
  readonly scheme: 'http' | 'https';
  readonly isPersistent: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** An answer that is made here, as it goes to the client. */
export function answerText(
  { status, headers, body }: RouteAnswer,
  { head, policy, scheme, isPersistent, now }: AnswerFacts,
): string {
  const hasBody = status !== 204 && status !== 304;
  const fields = downstreamFields(
    [
      ...headers.flat(),
      ...(hasBody ? ['Content-Length', String(Buffer.byteLength(body))] : []),
      'Date',
      new Date(now).toUTCString(),
      'Server',
      'podlane',
    ],
    { policy, scheme, ...originOf(head) },
  );
  let text = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`;
  for (let index = 0; index < fields.length; index += 2)
    text += `${fields[index]}: ${fields[index + 1]}\r\n`;
  if (!isPersistent) text += 'Connection: close\r\n';
  else if (head?.version === '1.0') text += 'Connection: keep-alive\r\n';
  return `${text}\r\n${hasBody && head?.method !== 'HEAD' ? body : ''}`;
}

function originOf(head: RequestHead | undefined): { readonly origin?: string } {
  const origin = head === undefined ? undefined : fieldValue(head.fields, 'origin');
  return origin === undefined ? {} : { origin };
}
