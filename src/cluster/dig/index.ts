/** `dig` inside a running instance: asks as this host or as a Pod, and walks search paths. */
import type { DigExchange, DigRequest, DigResult } from '../../control/index.ts';
import { PodlaneError } from '../../net/index.ts';
import { podCaller } from '../caller.ts';
import type { Cluster } from '../create-cluster.ts';
import { createSeededRandom } from '../seeded-random.ts';
import { exchange } from './exchange.ts';
import { readClass, readType } from './query.ts';
import { namesOf, resolvConfOf, searchPathOf } from './search-path.ts';
import { serversOf, type Asker, type Server } from './servers.ts';
import { traceSearch } from './trace-search.ts';

/** How one question is put. */
export type Ask = (name: string, type: number) => Promise<DigExchange>;

/**
 * Asks as `dig` does: one name, or each of the search path until one is no error, or all that a resolver asks for.
 *
 * @throws PodlaneError `ERR_NO_SUCH_POD`; `ERR_OPTION` for a type or class that is none; `ERR_DNS_SERVER` where nobody
 * can be asked.
 */
export async function dig(cluster: Cluster, request: DigRequest): Promise<DigResult> {
  const asker: Asker =
    request.as === undefined ? undefined : podCaller(cluster.store, request.as, request.namespace);
  const servers = await serversOf(cluster, request, asker);
  if (servers.length === 0) throw noServer(request);
  const ask = asking(cluster, request, servers);
  if (request.resolver !== undefined) return traceSearch(cluster, { request, asker, ask });
  const type = readType(request.type);
  const exchanges: DigExchange[] = [];
  for (const name of namesToAsk(cluster, request, asker)) {
    const found = await ask(name, type);
    exchanges.push(found);
    if (found.messages[0]?.status === 'NOERROR') break;
  }
  return { exchanges };
}

function asking(
  { options: { clock } }: Cluster,
  request: DigRequest,
  servers: readonly Server[],
): Ask {
  const class_ = readClass(request.class);
  const random = createSeededRandom(performance.now() * 1000);
  return (name, type) =>
    exchange(
      { name, type, class: class_ },
      { request, servers, clock, id: Math.floor(random() * 65_536) },
    );
}

function namesToAsk(
  cluster: Cluster,
  { name, search }: DigRequest,
  asker: Asker,
): readonly string[] {
  if (search === undefined) return [name.endsWith('.') ? name : `${name}.`];
  const resolvConf =
    asker === undefined ? cluster.names.nodeResolvConf : resolvConfOf(cluster, asker);
  return namesOf(name, searchPathOf(resolvConf, search));
}

function noServer({ server, family }: DigRequest): PodlaneError {
  if (server === undefined)
    return new PodlaneError('ERR_DNS_SERVER', 'the Pod has no nameserver that could be asked');
  const kind = family === undefined ? '' : ` (${family} only)`;
  return new PodlaneError(
    'ERR_DNS_SERVER',
    `couldn't get address for '${server}'${kind}: not found`,
  );
}
