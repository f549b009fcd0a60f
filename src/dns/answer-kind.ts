import type { Answer } from './answer.ts';
import type { Query } from './query.ts';
import { OPCODE, RCODE, TYPE } from './wire/index.ts';

/** What an answer amounts to, as CoreDNS' `response` package sorts them. */
export type AnswerKind = 'success' | 'delegation' | 'nodata' | 'nxdomain' | 'meta' | 'error';

/** @see CoreDNS `plugin/pkg/response`, `Typify` */
export function answerKind(query: Query, answer: Answer): AnswerKind {
  const { opcode, qtype } = query;
  const { rcode, answers, authority } = answer;
  if (opcode !== OPCODE.QUERY || qtype === TYPE.AXFR || qtype === TYPE.IXFR) return 'meta';
  const hasSoa = authority.some(({ type }) => type === TYPE.SOA);
  if (rcode === RCODE.NXDOMAIN) return hasSoa ? 'nxdomain' : 'error';
  if (rcode !== RCODE.NOERROR) return 'error';
  if (answers.length > 0) return 'success';
  if (hasSoa) return 'nodata';
  return authority.some(({ type }) => type === TYPE.NS) ? 'delegation' : 'success';
}
