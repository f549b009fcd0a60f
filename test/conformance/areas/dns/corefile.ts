/** Reads the few Corefiles that need no more than this server's options: one block of errors, kubernetes and forward. */
import type { ForwardOptions, KubernetesOptions, PodsMode } from '../../../../src/dns/index.ts';
import { parseUpstream } from '../../../../src/dns/index.ts';

export type Directive = readonly [
  name: string,
  args: readonly string[],
  block: readonly (readonly string[])[],
];

export type PluginPlan =
  | { readonly kind: 'kubernetes'; readonly options: KubernetesOptions }
  | { readonly kind: 'forward'; readonly options: Omit<ForwardOptions, 'random'> };

/** Plugins in the order of the chain, or why this cannot be played yet. */
export type Plan =
  | { readonly kind: 'plan'; readonly plugins: readonly PluginPlan[] }
  | { readonly kind: 'skip'; readonly reason: string };

const LATER = '(issue: Corefile and plugins)';

/** @param upstream Stands for `@UPSTREAM@`. */
export function planOf(corefile: string, upstream: string): Plan {
  const directives = readBlock(corefile.replaceAll('@UPSTREAM@', upstream));
  if (directives === undefined) return { kind: 'skip', reason: `needs server blocks ${LATER}` };
  const unknown = directives.find(([name]) => !['errors', 'kubernetes', 'forward'].includes(name));
  if (unknown !== undefined) return { kind: 'skip', reason: `needs plugin ${unknown[0]} ${LATER}` };
  const plugins: PluginPlan[] = [];
  for (const [name, args, block] of directives) {
    if (name === 'kubernetes')
      plugins.unshift({ kind: 'kubernetes', options: kubernetesOptions(args, block) });
    if (name === 'forward') plugins.push({ kind: 'forward', options: forwardOptions(args, block) });
  }
  return { kind: 'plan', plugins };
}

/** The directives of the only block for the root; undefined for anything else. */
function readBlock(corefile: string): readonly Directive[] | undefined {
  const lines = corefile
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  if (lines.filter((line) => /^[^ ]*:53.*\{$/.test(line)).length !== 1 || lines[0] !== '.:53 {')
    return undefined;
  const directives: Directive[] = [];
  let block: string[][] | undefined;
  for (const line of lines.slice(1, -1)) {
    const words = line.split(/\s+/);
    if (block !== undefined) {
      if (line === '}') block = undefined;
      else block.push(words);
      continue;
    }
    const [name = '', ...args] = words.filter((word) => word !== '{');
    const inner: string[][] = [];
    directives.push([name, args, inner]);
    if (line.endsWith('{')) block = inner;
  }
  return directives;
}

function kubernetesOptions(
  zones: readonly string[],
  block: readonly (readonly string[])[],
): KubernetesOptions {
  let options: KubernetesOptions = { zones };
  for (const [name = '', ...args] of block)
    options = { ...options, ...kubernetesOption(name, args) };
  return options;
}

/** How each option of the Corefile reads. */
const OPTIONS: Readonly<Record<string, (args: readonly string[]) => KubernetesOptions>> = {
  pods: ([mode]) => ({ pods: mode as PodsMode }), // the tables use its three words
  ttl: ([seconds]) => ({ ttlSeconds: Number(seconds) }),
  fallthrough: (zones) => ({ fallthrough: zones.length === 0 ? ['.'] : zones }),
  namespaces: (namespaces) => ({ namespaces }),
  namespace_labels: (words) => ({ namespaceLabels: words.join(' ') }),
  labels: (words) => ({ labels: words.join(' ') }),
  endpoint_pod_names: () => ({ endpointPodNames: true }),
  noendpoints: () => ({ noEndpoints: true }),
  ignore: ([what]) => ({ ignoreEmptyService: what === 'empty_service' }),
  multicluster: (zones) => ({ multicluster: zones }),
  zonal: () => ({ zonal: true }),
};

function kubernetesOption(name: string, args: readonly string[]): KubernetesOptions {
  const read = OPTIONS[name];
  if (read === undefined) throw new Error(`kubernetes option ${name} is not known to the runner`);
  return read(args);
}

function forwardOptions(
  [from = '.', ...to]: readonly string[],
  block: readonly (readonly string[])[],
): Omit<ForwardOptions, 'random'> {
  const except = block.flatMap(([name, ...args]) => (name === 'except' ? args : []));
  const limits = block.flatMap(([name, value]) =>
    name === 'max_concurrent' ? [Number(value)] : [],
  );
  return {
    from,
    upstreams: to.flatMap((text) => parseUpstream(text) ?? []),
    except,
    maxConcurrent: limits[0] ?? 0,
  };
}
