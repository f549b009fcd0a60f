import { lookup, Resolver } from 'node:dns/promises';

/**
 * The addresses of a host, by the host's own resolver or by the servers named.
 *
 * @throws Error of the resolver when there are none.
 */
export async function resolveHostName(
  name: string,
  servers: readonly string[],
): Promise<readonly string[]> {
  if (servers.length === 0) {
    const found = await lookup(name, { all: true });
    return found.map(({ address }) => address);
  }
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers(servers);
  const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const found = [ipv4, ipv6].flatMap((result) =>
    result.status === 'fulfilled' ? result.value : [],
  );
  if (found.length === 0 && ipv4.status === 'rejected') throw ipv4.reason;
  return found;
}
