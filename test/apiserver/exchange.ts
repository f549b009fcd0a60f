/** Tables of questions and what the answers must be. */
import type { Test } from 'tap';
import { ask, type Answer, type Question } from './ask.ts';
import type { TestServer } from './test-server.ts';

export const JSON_BODY = { 'content-type': 'application/json' } as const;
export const YAML_BODY = { 'content-type': 'application/yaml' } as const;
export const MERGE_PATCH = { 'content-type': 'application/merge-patch+json' } as const;
export const JSON_PATCH = { 'content-type': 'application/json-patch+json' } as const;
export const STRATEGIC_PATCH = {
  'content-type': 'application/strategic-merge-patch+json',
} as const;
export const APPLY_PATCH = { 'content-type': 'application/apply-patch+yaml' } as const;

/** One row: a question in short, and the answer. */
export interface Exchange {
  readonly name: string;
  /** `GET` where there is none. */
  readonly method?: string;
  readonly path: string;
  readonly headers?: Question['headers'];
  /** Objects go as JSON. */
  readonly body?: string | Buffer | object;
  readonly status: number;
  /** Of the Status. */
  readonly reason?: string;
  /** Of the Status, or a part of the body. */
  readonly says?: string | RegExp;
  /** Fields that the JSON must have. */
  readonly has?: object;
  /** Text of the `Warning` header. */
  readonly warns?: RegExp;
}

/** Asks one row, and looks at the answer. */
export async function exchange(t: Test, server: TestServer, row: Exchange): Promise<Answer> {
  const { method = 'GET', path, headers = {}, body } = row;
  const isObject = typeof body === 'object' && !Buffer.isBuffer(body);
  const answer = await ask(server, {
    method,
    path: encodeURI(path).replaceAll('%25', '%'),
    headers: isObject ? { ...JSON_BODY, ...headers } : headers,
    ...(body !== undefined && { body: isObject ? JSON.stringify(body) : body }),
  });
  checkAnswer(t, row, answer);
  return answer;
}

function checkAnswer(t: Test, row: Exchange, { status, text, headers }: Answer): void {
  const { name, reason, says, has, warns } = row;
  const told = `${name}: ${text.slice(0, 500)}`;
  t.equal(status, row.status, told);
  if (reason !== undefined) t.match(JSON.parse(text), { reason, code: status }, told);
  if (typeof says === 'string')
    t.equal((JSON.parse(text) as { message: string }).message, says, name);
  else if (says !== undefined) t.match(text, says, told);
  if (has !== undefined) t.match(JSON.parse(text), has, told);
  if (warns !== undefined) t.match(headers['warning'], warns, told);
}

/** One test a row, on a server that has what `before` made. */
export function testExchanges(t: Test, rows: readonly Exchange[], server: TestServer): void {
  for (const row of rows)
    t.test(`route() answers ${row.name}`, async (t) => {
      await exchange(t, server, row);
    });
}
