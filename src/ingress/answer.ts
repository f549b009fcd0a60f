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

/** An answer that is made here, as it goes to the client over HTTP/1. */
export function answerText(answer: RouteAnswer, facts: AnswerFacts): string {
  const { status } = answer;
  const { head, isPersistent } = facts;
  const fields = answerFields(answer, facts);
  let text = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`;
  for (let index = 0; index < fields.length; index += 2)
    text += `${fields[index]}: ${fields[index + 1]}\r\n`;
  if (!isPersistent) text += 'Connection: close\r\n';
  else if (head?.version === '1.0') text += 'Connection: keep-alive\r\n';
  return `${text}\r\n${answerBody(answer, head)}`;
}

/** The fields of such an answer, names and values in turn. */
export function answerFields(
  { status, headers, body }: RouteAnswer,
  { head, policy, scheme, now }: Omit<AnswerFacts, 'isPersistent'>,
): string[] {
  return downstreamFields(
    [
      ...headers.flat(),
      ...(isBodiless(status) ? [] : ['Content-Length', String(Buffer.byteLength(body))]),
      'Date',
      new Date(now).toUTCString(),
      'Server',
      'podlane',
    ],
    { policy, scheme, ...originOf(head) },
  );
}

/** What of its body is sent. */
export function answerBody({ status, body }: RouteAnswer, head: RequestHead | undefined): string {
  return isBodiless(status) || head?.method === 'HEAD' ? '' : body;
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

function originOf(head: RequestHead | undefined): { readonly origin?: string } {
  const origin = head === undefined ? undefined : fieldValue(head.fields, 'origin');
  return origin === undefined ? {} : { origin };
}
