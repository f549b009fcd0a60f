import type { Answer } from './answer.ts';
import type { Observation, Observer } from './observation.ts';
import type { Query } from './query.ts';
import { cellOf } from './revision.ts';
import { HEADER_SIZE } from './wire/index.ts';

/** An answer that holds for everybody who sends the same octets, until the revision rises. */
export interface FinishedAnswer {
  /** From nobody: each who gets the answer is another client. */
  readonly query: Query;
  readonly answer: Answer;
  readonly requestOctets: number;
  readonly responseOctets: number;
  readonly observers: readonly Observer[];
  /** Its records come in another order each time. */
  readonly isArranged: boolean;
  /** Where the name in the question ends. */
  readonly nameEnd: number;
  /** It holds for other spellings of the name, too. */
  readonly isCaseless: boolean;
  /** Where changes of what it depends on are counted. */
  readonly cell: number;
}

/** @returns undefined where the reply does not repeat the question of `bytes` as it stands there. */
export function finishedAnswer(
  found: Pick<FinishedAnswer, 'query' | 'answer' | 'observers'>,
  { bytes, reply }: { readonly bytes: Buffer; readonly reply: Buffer },
): FinishedAnswer | undefined {
  const { answer } = found;
  const nameEnd = questionNameEnd(bytes);
  if (nameEnd === undefined) return undefined;
  const isRepeated = bytes.compare(reply, HEADER_SIZE, nameEnd, HEADER_SIZE, nameEnd) === 0;
  if (!isRepeated) return undefined;
  const isCaseless = answer.isCaseless === true && !repeatsName(reply, nameEnd);
  // V8 takes objects of one place for alike: were clients kept here, it would put those of all queries to come among the
  // long-lived ones, and they would pile up there until a full collection.
  const { client } = found.query;
  const query = { ...found.query, client: { address: '', port: 0, transport: client.transport } };
  const isArranged = answer.arrange !== undefined;
  const octets = { requestOctets: bytes.length, responseOctets: reply.length };
  const cell = cellOf(answer.dependsOn);
  return { ...found, ...octets, query, isArranged, nameEnd, isCaseless, cell };
}

/** Where the name of the first question ends; undefined where it is not written out. */
export function questionNameEnd(message: Buffer): number | undefined {
  let at = HEADER_SIZE;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63) return undefined;
    at += length + 1;
    if (length === 0) return at;
  }
}

/** Tells of a query that `finished` answered. */
export function observeAgain(
  finished: FinishedAnswer,
  { id, client, durationMs }: Pick<Observation, 'id' | 'client' | 'durationMs'>,
): void {
  const { query, answer, requestOctets, responseOctets, observers } = finished;
  observe(observers, {
    query,
    id,
    client,
    answer,
    requestOctets,
    responseOctets,
    durationMs,
    isRepeated: true,
  });
}

/** Tells all observers. */
export function observe(observers: readonly Observer[], observation: Observation): void {
  for (const observer of observers) observer(observation);
}

/** Whether the end of the asked name is written out behind the question: as a target, in the spelling of the query. */
function repeatsName(reply: Buffer, nameEnd: number): boolean {
  let last = HEADER_SIZE;
  for (let at = last; at < nameEnd - 1; at += (reply[at] ?? 0) + 1) last = at;
  return reply.indexOf(reply.subarray(last, nameEnd), nameEnd) >= 0;
}
