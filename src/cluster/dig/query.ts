import type { DigEdns, DigMessage, DigRecord, DigRequest } from '../../control/index.ts';
import {
  classOf,
  className,
  decodeMessage,
  encodeMessage,
  formatTyped,
  opcodeName,
  rcodeName,
  TYPE,
  typeName,
  typeOf,
  type Edns,
  type Message,
  type ResourceRecord,
} from '../../dns/index.ts';
import { PodlaneError } from '../../net/index.ts';

/** A question with its numbers. */
export interface Asked {
  /** Absolute. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

/** The type that a person names. @throws PodlaneError `ERR_OPTION` */
export function readType(text: string): number {
  const type = text.toUpperCase() === 'ANY' ? TYPE.ANY : typeOf(text);
  if (type === undefined) throw new PodlaneError('ERR_OPTION', `"${text}" is no type of record`);
  return type;
}

/** The class that a person names. @throws PodlaneError `ERR_OPTION` */
export function readClass(text: string): number {
  const found = classOf(text);
  if (found === undefined) throw new PodlaneError('ERR_OPTION', `"${text}" is no class`);
  return found;
}

/** The query as bytes, as `request` wants it. @throws WireError for a name that no message can hold. */
export function encodeQuery(id: number, asked: Asked, request: DigRequest): Buffer {
  const flags = new Set(request.flags);
  return encodeMessage({
    id,
    flags: {
      isResponse: false,
      opcode: 0,
      isAuthoritative: flags.has('aa'),
      isTruncated: false,
      isRecursionDesired: flags.has('rd'),
      isRecursionAvailable: false,
      isAuthentic: flags.has('ad'),
      isCheckingDisabled: flags.has('cd'),
      rcode: 0,
    },
    questions: [asked],
    answers: [],
    authority: [],
    additional: [],
    ...(request.edns === undefined ? {} : { edns: readEdns(request.edns) }),
  });
}

function readEdns({ version, udpSize, isDnssecOk, options }: DigEdns): Edns {
  return {
    version,
    udpSize,
    isDnssecOk,
    options: options.map(({ code, hex }) => ({ code, data: Buffer.from(hex, 'hex') })),
  };
}

/** The message for people. @throws WireError when `bytes` are none. */
export function showMessage(bytes: Buffer): DigMessage {
  const message = decodeMessage(bytes);
  const { id, flags, questions, edns } = message;
  return {
    id,
    opcode: opcodeName(flags.opcode),
    status: rcodeName(flags.rcode),
    flags: flagNames(message),
    question: questions.map(({ name, type, class: class_ }) => ({
      name,
      class: className(class_),
      type: typeName(type),
    })),
    answer: message.answers.map(showRecord),
    authority: message.authority.map(showRecord),
    additional: message.additional.map(showRecord),
    sizeBytes: bytes.length,
    ...(edns === undefined ? {} : { edns: showEdns(edns) }),
  };
}

function showRecord({ name, ttl, class: class_, type, rdata }: ResourceRecord): DigRecord {
  return {
    name,
    ttl,
    class: className(class_),
    type: typeName(type),
    data: formatTyped(type, rdata),
  };
}

function showEdns({ version, udpSize, isDnssecOk, options }: Edns): DigEdns {
  return {
    version,
    udpSize,
    isDnssecOk,
    options: options.map(({ code, data }) => ({ code, hex: Buffer.from(data).toString('hex') })),
  };
}

function flagNames({ flags }: Message): readonly string[] {
  const names: readonly (readonly [boolean, string])[] = [
    [flags.isResponse, 'qr'],
    [flags.isAuthoritative, 'aa'],
    [flags.isTruncated, 'tc'],
    [flags.isRecursionDesired, 'rd'],
    [flags.isRecursionAvailable, 'ra'],
    [flags.isAuthentic, 'ad'],
    [flags.isCheckingDisabled, 'cd'],
  ];
  return names.flatMap(([isSet, name]) => (isSet ? [name] : []));
}
