import {
  decodeMessage,
  rcodeName,
  formatRecord,
  type Message,
  type ResourceRecord,
} from '../../../../src/dns/index.ts';
import type { CaseResult } from '../../area.ts';
import { sendMessage } from './client.ts';
import { differences } from './compare.ts';
import type { MockUpstream } from './mock-upstream.ts';
import { queryMessage, type Asked } from './query-message.ts';
import type { Expectation, QueryCase, QueryFields } from './table.ts';

/** Longer than the server may try upstreams. */
const TIMEOUT_MS = 9000;
/** Silence is silence after this: a server that answers at once would have. */
const SILENCE_MS = 300;

export interface Reply {
  readonly message: Message | undefined;
  readonly durationMs: number;
}

/** Asks over the row's transport. */
export async function askServer(port: number, asked: Asked, expect: Expectation): Promise<Reply> {
  const { qname, query } = asked;
  const authority = query?.ixfrSerial === 'current' ? await soaOf(port, qname) : [];
  const startedAt = performance.now();
  const reply = await sendMessage(queryMessage(asked, authority), {
    port,
    transport: query?.transport ?? 'udp',
    timeoutMs: expect.noReply === true ? SILENCE_MS : TIMEOUT_MS,
  });
  const durationMs = performance.now() - startedAt;
  return { message: reply === undefined ? undefined : decodeMessage(reply), durationMs };
}

/** The SOA record of a zone as it is now. */
async function soaOf(port: number, qname: string): Promise<readonly ResourceRecord[]> {
  const { message } = await askServer(port, { qname, qtype: 'SOA' }, {});
  return message?.answers ?? [];
}

/** Plays one row of `cases`. */
export async function playQuery(
  row: QueryCase,
  port: number,
  upstream: MockUpstream,
): Promise<CaseResult> {
  const queriesBefore = upstream.queries();
  const { message, durationMs } = await askServer(port, row, row.expect);
  const problems = [...judge(message, row.expect, row.query)];
  const { minDurationMs = 0, maxDurationMs = Infinity } = row.expect;
  if (durationMs < minDurationMs || durationMs > maxDurationMs)
    problems.push(`took ${Math.round(durationMs)} ms`);
  if (row.viaUpstream === true && upstream.queries() === queriesBefore)
    problems.push('the upstream was not asked');
  return {
    id: row.id,
    title: `${row.qname} ${row.qtype}`,
    ok: problems.length === 0,
    expected: row.expect,
    actual: { problems, message: message && showMessage(message) },
  };
}

/** What is wrong with a reply. */
export function judge(
  message: Message | undefined,
  expect: Expectation,
  query?: QueryFields,
): readonly string[] {
  if (expect.noReply === true) return message === undefined ? [] : ['there is a reply'];
  return message === undefined ? ['there is no reply'] : differences(message, expect, query);
}

function showMessage({ flags, answers, authority, additional }: Message): unknown {
  return {
    rcode: rcodeName(flags.rcode),
    answers: answers.map(formatRecord),
    authority: authority.map(formatRecord),
    additional: additional.map(formatRecord),
  };
}
