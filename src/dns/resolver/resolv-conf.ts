/** What a resolver is told in resolv.conf. */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  /** Without final dots. */
  readonly search: readonly string[];
  /** As written: `ndots:5`, `edns0`; each name once. */
  readonly options: readonly string[];
}

/**
 * Reads a resolv.conf as the kubelet does: the last `search` line counts, the root and final dots go, later options win.
 *
 * @see Kubernetes `pkg/kubelet/network/dns/dns.go`, `parseResolvConf`
 */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let search: readonly string[] = [];
  let options: readonly string[] = [];
  for (const line of text.split('\n')) {
    const [keyword = '', ...values] = line.trim().split(/\s+/);
    const [first] = values;
    if (keyword === 'nameserver' && first !== undefined) nameservers.push(first);
    if (keyword === 'search')
      search = values.filter((domain) => domain !== '.').map((domain) => domain.replace(/\.$/, ''));
    if (keyword === 'options') options = mergeOptions(options, values);
  }
  return { nameservers, search, options };
}

/** The text of a resolv.conf, in the order in which the kubelet writes it. */
export function formatResolvConf({ nameservers, search, options }: ResolvConf): string {
  const lines = nameservers.map((nameserver) => `nameserver ${nameserver}`);
  if (search.length > 0) lines.unshift(`search ${search.join(' ')}`);
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return `${lines.join('\n')}\n`;
}

/** Options of both, where those of `later` replace those of the same name. */
export function mergeOptions(
  earlier: readonly string[],
  later: readonly string[],
): readonly string[] {
  const merged = new Map<string, string>();
  for (const option of [...earlier, ...later]) merged.set(option.split(':', 1)[0] ?? '', option);
  return [...merged.values()];
}

/** `ndots` of the options, 0–15. @default 1 @see resolv.conf(5) */
export function ndotsOf({ options }: ResolvConf): number {
  const option = options.find((text) => text.startsWith('ndots:'));
  const value = Number.parseInt(option?.slice('ndots:'.length) ?? '', 10);
  return Number.isNaN(value) || value < 0 ? 1 : Math.min(value, 15);
}
