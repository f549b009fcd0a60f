import { ndotsOf, searchNames } from '../dns/index.ts';
import type { Caller } from './caller.ts';
import type { Cluster } from './create-cluster.ts';

/** The names that a Pod's resolver tries for `name`, in order; a Node's are those of a Pod in `default`. */
export function searchList(
  { names, store }: Pick<Cluster, 'names' | 'store'>,
  { origin }: Caller,
  name: string,
): readonly string[] {
  const pod = origin.kind === 'pod' ? store.get('Pod', origin.namespace, origin.name) : undefined;
  const resolvConf = pod === undefined ? names.nodeResolvConf : names.resolvConfOf(pod);
  return searchNames(name, resolvConf.search, ndotsOf(resolvConf));
}
