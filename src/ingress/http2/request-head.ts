import type { HeadRules } from '../http1/head-scan.ts';
import { refuse, TOKEN, type HeaderFields, type MessageError } from '../http1/header-fields.ts';
import {
  checkRequestLine,
  KNOWN_FIELDS,
  REQUEST_RULES,
  understandRequest,
  type RequestFacts,
  type RequestHead,
} from '../http1/request-head.ts';

/** A request that was read by another protocol's framing. */
export interface GivenRequest {
  readonly method: string;
  readonly target: string;
  /** Names, lower-case, and values in turn, Host among them; none of the connection's. */
  readonly fields: HeaderFields;
}

/** Whether lines of the known fields go on. */
const GOES_ON: ReadonlyMap<string, boolean> = new Map([
  ...[...KNOWN_FIELDS.never].map((name) => [name, false] as const),
  ...[...KNOWN_FIELDS.always].map((name) => [name, true] as const),
  ...[...KNOWN_FIELDS['as-written']].map((name) => [name, true] as const),
]);
/** What no value may have in it. @see RFC 9110 §5.5 */
const CONTROL = /[^\t\x20-\x7e\x80-\xff]/;
const { lineBytes, lineStatus, headBytes, headStatus }: HeadRules = REQUEST_RULES;

/** The head of a request as it would be read if it came over HTTP/1.1: held to the same rules, on its way to such a backend. */
export function requestHeadOf({
  method,
  target,
  fields,
}: GivenRequest): RequestHead | MessageError {
  const wrong = checkRequestLine(method, target);
  if (wrong !== undefined) return wrong;
  const lineSize = method.length + target.length + LINE_BYTES;
  if (lineSize > lineBytes) return refuse('the first line is too long', lineStatus);
  const lines = linesOf(fields);
  if ('kind' in lines) return lines;
  const sizeBytes = lineSize + lines.sizeBytes + END_BYTES;
  if (sizeBytes > headBytes) return refuse('the head is too long', headStatus);
  const facts = understandRequest({ method, target, version: '1.1' }, lines.known);
  return 'kind' in facts ? facts : new GivenHead(facts, { ...lines, fields, sizeBytes });
}

/** The fields as HTTP/1.1 has them. */
function linesOf(
  fields: HeaderFields,
): Pick<RequestHead, 'known' | 'passed' | 'sizeBytes'> | MessageError {
  const known: string[] = [];
  let passed = '';
  let sizeBytes = 0;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    const value = fields[index + 1] ?? '';
    const goesOn = GOES_ON.get(name);
    if (goesOn === undefined && !TOKEN.test(name)) return refuse('a field has no name');
    if (CONTROL.test(value)) return refuse(`field ${name} holds a control character`);
    sizeBytes += name.length + value.length + FIELD_BYTES;
    if (goesOn !== undefined) known.push(name, value);
    if (goesOn !== false) passed += `${name}: ${value}\r\n`;
  }
  return { known, passed, sizeBytes };
}

/** What stands around a method and a target. */
const LINE_BYTES = '  HTTP/1.1'.length;
/** The first line's end, and the empty line behind the fields. */
const END_BYTES = '\r\n\r\n'.length;
const FIELD_BYTES = ': \r\n'.length;

class GivenHead implements RequestHead {
  readonly kind = 'head';
  readonly method: string;
  readonly target: string;
  readonly version: RequestHead['version'];
  readonly host: string;
  readonly framing: RequestHead['framing'];
  readonly isPersistent: boolean;
  readonly fields: HeaderFields;
  readonly known: HeaderFields;
  readonly passed: string;
  readonly isFramingPassed = true;
  readonly sizeBytes: number;

  constructor(
    facts: RequestFacts,
    given: Pick<RequestHead, 'fields' | 'known' | 'passed' | 'sizeBytes'>,
  ) {
    this.method = facts.method;
    this.target = facts.target;
    this.version = facts.version;
    this.host = facts.host;
    this.framing = facts.framing;
    this.isPersistent = facts.isPersistent;
    this.fields = given.fields;
    this.known = given.known;
    this.passed = given.passed;
    this.sizeBytes = given.sizeBytes;
  }

  get hasUnderscore(): boolean {
    return this.fields.some((text, index) => index % 2 === 0 && text.includes('_'));
  }
}
