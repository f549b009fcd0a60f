/** What must hold of HTTP/1 framing: it agrees with llhttp, and is never laxer. */
import { isDeepStrictEqual } from 'node:util';
import type { Target } from '../target.ts';
import { checkAnswering, checkForwarding } from './exchanges.ts';
import { readWithFraming } from './framing.ts';
import { generateRequests, generateResponses, type Connection } from './generate.ts';
import { KNOWN_METHODS, readWithLlhttp, type Message, type Reading } from './llhttp.ts';

/**
 * Whether two readers agree as far as it matters: what we take for a message llhttp takes for the same; where we wait
 * for the rest of one it does too; what we refuse it may take.
 *
 * @throws Error when they do not.
 */
export function compare(ours: Reading, theirs: Reading): void {
  for (const [index, message] of ours.messages.entries()) {
    const other = theirs.messages[index];
    if (other === undefined) {
      if (isOursToTake(message, theirs) || isInterim(theirs.messages.at(-1))) return;
      throw new Error(
        `message ${index} is taken: ${JSON.stringify(message)}, and not by llhttp: ${theirs.why || theirs.rest}`,
      );
    }
    if (!isDeepStrictEqual(message, inOriginForm(other)))
      throw new Error(
        `message ${index} is read apart: ${JSON.stringify(message)} ${JSON.stringify(other)}`,
      );
    if (theirs.ends.length > index && ours.ends[index] !== theirs.ends[index])
      throw new Error(`message ${index} ends at ${ours.ends[index]}, or at ${theirs.ends[index]}`);
  }
  const isWaiting = ours.rest === 'incomplete';
  if (isWaiting && theirs.messages.length > ours.messages.length)
    throw new Error(
      `more is waited for than is to come: ${JSON.stringify(theirs.messages[ours.messages.length])}`,
    );
}

/** llhttp knows methods by name, and no minor version above 1; HTTP lets both pass. */
function isOursToTake({ first, version }: Message, { why }: Reading): boolean {
  const [method = ''] = first.split(' ');
  if (why === 'HPE_INVALID_METHOD') return !KNOWN_METHODS.has(method);
  return why === 'HPE_INVALID_VERSION' && version === '1.1';
}

/** To llhttp the connection ends where an interim response says so; to HTTP only a final one can say that. */
function isInterim(message: Message | undefined): boolean {
  return message !== undefined && /^1\d\d$/.test(message.first);
}

/** llhttp leaves absolute targets as they are. */
function inOriginForm(message: Message): Message {
  const [, method, path = ''] = /^(\S+) https?:\/\/[^/?]*(.*)$/i.exec(message.first) ?? [];
  if (method === undefined) return message;
  return { ...message, first: `${method} ${path.startsWith('/') ? path : `/${path}`}` };
}

/** Of where messages end llhttp tells when it is given one byte after the other. */
function withEnds(reading: Reading, { cuts }: Connection): Reading {
  return cuts.length === 1 && cuts[0] === 1 ? reading : { ...reading, ends: [] };
}

/** @throws Error when requests are read apart. */
export function checkRequests({ bytes, cuts, methods }: Connection): void {
  const options = { kind: 'request', cuts } as const;
  const ours = readWithFraming(bytes, options);
  compare(ours, withEnds(readWithLlhttp(bytes, options), { bytes, cuts, methods }));
  checkCuts(ours, readWithFraming(bytes, { kind: 'request' }));
}

/** @throws Error when responses are read apart, whether the backend closes after them or not. */
export function checkResponses({ bytes, cuts, methods }: Connection): void {
  for (const isEnded of [false, true]) {
    const options = { kind: 'response', cuts, methods, isEnded } as const;
    const ours = readWithFraming(bytes, options);
    compare(ours, withEnds(readWithLlhttp(bytes, options), { bytes, cuts, methods }));
    checkCuts(ours, readWithFraming(bytes, { kind: 'response', methods, isEnded }));
  }
}

/** However the bytes are cut they say the same; a refusal may come sooner or later. */
function checkCuts(cut: Reading, whole: Reading): void {
  if (!isDeepStrictEqual([cut.messages, cut.rest], [whole.messages, whole.rest]))
    throw new Error(`cut: ${JSON.stringify(cut)}, whole: ${JSON.stringify(whole)}`);
}

const show = (input: unknown): string => {
  const { bytes, cuts, methods } = input as Connection; // what generate made
  const text = JSON.stringify(bytes.toString('latin1')).replaceAll(
    /[\x7f-\xff]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
  return `${text} cut ${cuts.join()} for ${methods.join()}`;
};

const THROUGH_SOCKETS = 0.05;

export const targets: readonly Target[] = [
  {
    name: 'requests',
    generate: generateRequests,
    check: (input) => checkRequests(input as Connection), // what generate made
    show,
  },
  {
    name: 'responses',
    generate: generateResponses,
    check: (input) => checkResponses(input as Connection), // what generate made
    show,
  },
  {
    name: 'forwarding',
    generate: generateRequests,
    check: (input) => checkForwarding(input as Connection), // what generate made
    show,
    share: THROUGH_SOCKETS,
  },
  {
    name: 'answering',
    generate: generateResponses,
    check: (input) => checkAnswering(input as Connection), // what generate made
    show,
    share: THROUGH_SOCKETS,
  },
];

export { close } from './exchanges.ts';
