import { ndotsOf, searchNames, type ResolvConf } from '../../dns/index.ts';
import type { DigSearch } from '../../control/index.ts';
import type { Caller } from '../caller.ts';
import type { Cluster } from '../create-cluster.ts';

/** What the resolver of a Pod is told; a Node's is that of a Pod in `default`. */
export function resolvConfOf(
  { names, store }: Pick<Cluster, 'names' | 'store'>,
  { origin }: Pick<Caller, 'origin'>,
): ResolvConf {
  const pod = origin.kind === 'pod' ? store.get('Pod', origin.namespace, origin.name) : undefined;
  return pod === undefined ? names.nodeResolvConf : names.resolvConfOf(pod);
}

/** Domains and dots of a search: those of resolv.conf, unless the command line has others. */
export function searchPathOf(resolvConf: ResolvConf, search: DigSearch = {}): Required<DigSearch> {
  return {
    domains: search.domains ?? resolvConf.search,
    ndots: search.ndots ?? ndotsOf(resolvConf),
  };
}

/** The names that are tried for `name`, in order. @throws NameError */
export function namesOf(name: string, { domains, ndots }: Required<DigSearch>): readonly string[] {
  return searchNames(name, domains, ndots);
}
