import {
  createQuery,
  encodeAnswer,
  INTERNAL_CLIENT,
  formatRecord,
  rcodeName,
  TYPE,
  typeName,
  typeOf,
  type Answer,
  type ResourceRecord,
} from '../dns/index.ts';
import type { DigRequest, DigResponse, DigResult } from '../control/index.ts';
import { PodlaneError } from '../net/index.ts';
import { nodeCaller, podCaller } from './caller.ts';
import type { Cluster } from './create-cluster.ts';
import { searchList } from './search-list.ts';

/**
 * Asks the cluster's DNS as `dig` does; with `isSearching` each name of the search path until one is answered.
 *
 * @throws PodlaneError `ERR_NO_SUCH_POD`, `ERR_OPTION` for a type that is not known.
 */
export async function dig(cluster: Cluster, request: DigRequest): Promise<DigResult> {
  const qtype = typeOf(request.type) ?? (request.type === 'ANY' ? TYPE.ANY : undefined);
  if (qtype === undefined)
    throw new PodlaneError('ERR_OPTION', `"${request.type}" is no type of record`);
  const caller =
    request.as === undefined ? nodeCaller(cluster.view) : podCaller(cluster.store, request.as);
  const names =
    request.isSearching === true
      ? searchList(cluster, caller, request.name)
      : [absolute(request.name)];
  const responses: DigResponse[] = [];
  for (const name of names) {
    const response = await ask(cluster, name, qtype);
    responses.push(response);
    if (response.status === 'NOERROR' && response.answer.length > 0) break;
  }
  const [bound] = cluster.dns?.addresses ?? [];
  return {
    responses,
    server: bound === undefined ? 'this instance' : `${bound.address}#${bound.port}`,
  };
}

async function ask({ names, options }: Cluster, name: string, qtype: number): Promise<DigResponse> {
  const query = createQuery(name, qtype, { client: INTERNAL_CLIENT });
  const start = options.clock.now();
  const answer = await names.resolve(query);
  if (answer === undefined) throw new PodlaneError('ERR_UNREACHABLE', `${name}: no answer`);
  const lines = (records: readonly ResourceRecord[]): string[] => records.map(formatRecord);
  return {
    id: query.id,
    status: rcodeName(answer.rcode),
    flags: flagsOf(answer),
    question: `${name}\tIN\t${typeName(qtype)}`,
    answer: lines(answer.answers),
    authority: lines(answer.authority),
    additional: lines(answer.additional),
    sizeBytes: encodeAnswer(query, answer).length,
    elapsedMs: options.clock.now() - start,
  };
}

function flagsOf(answer: Answer): string[] {
  const flags = ['qr', 'rd'];
  if (answer.isAuthoritative === true) flags.push('aa');
  if (answer.isRecursionAvailable === true) flags.push('ra');
  if (answer.isTruncated === true) flags.push('tc');
  return flags;
}

function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}
