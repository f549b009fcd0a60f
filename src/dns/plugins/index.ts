/** The plugins, in the order of the chain: that of CoreDNS' plugin.cfg, whatever the order in the Corefile. */
import type { PluginEntry } from '../corefile/index.ts';

/**
 * A query goes down this list and its answer up again. One line a plugin.
 *
 * Lines without `load` are plugins of CoreDNS that this server does not have; `isIgnored` ones change nothing that an
 * emulator shows, and are passed over with a note.
 */
export const PLUGINS: readonly PluginEntry[] = [
  // First what others read while they are set up: paths start at `root`, values come from `metadata`.
  { name: 'root', load: async () => (await import('./root/index.ts')).root },
  { name: 'metadata', load: async () => (await import('./metadata/index.ts')).metadata },
  { name: 'geoip' },
  { name: 'cancel', load: async () => (await import('./cancel/index.ts')).cancel },
  { name: 'proxyproto', isIgnored: true },
  { name: 'quic', isIgnored: true },
  { name: 'grpc_server', isIgnored: true },
  { name: 'https', isIgnored: true },
  { name: 'https3', isIgnored: true },
  { name: 'timeouts', load: async () => (await import('./timeouts/index.ts')).timeouts },
  { name: 'multisocket', isIgnored: true },
  { name: 'reload', load: async () => (await import('./reload/index.ts')).reload },
  { name: 'nsid', load: async () => (await import('./nsid/index.ts')).nsid },
  { name: 'bufsize', load: async () => (await import('./bufsize/index.ts')).bufsize },
  { name: 'bind', load: async () => (await import('./bind/index.ts')).bind },
  { name: 'debug', load: async () => (await import('./debug/index.ts')).debug },
  { name: 'trace', isIgnored: true },
  { name: 'ready', load: async () => (await import('./ready/index.ts')).ready },
  { name: 'health', load: async () => (await import('./health/index.ts')).health },
  { name: 'pprof', isIgnored: true },
  { name: 'shed', isIgnored: true },
  // Counts and logs see what the client sees: they stand before everything that changes an answer.
  { name: 'prometheus', load: async () => (await import('./prometheus/index.ts')).prometheus },
  { name: 'errors', load: async () => (await import('./errors/index.ts')).errors },
  { name: 'log', load: async () => (await import('./log/index.ts')).log },
  { name: 'dnstap', isIgnored: true },
  { name: 'local', load: async () => (await import('./local/index.ts')).local },
  { name: 'dns64', load: async () => (await import('./dns64/index.ts')).dns64 },
  { name: 'any', load: async () => (await import('./any/index.ts')).any },
  { name: 'chaos', load: async () => (await import('./chaos/index.ts')).chaos },
  // Before `cache`: what it kept is shuffled as well.
  { name: 'loadbalance', load: async () => (await import('./loadbalance/index.ts')).loadbalance },
  { name: 'tsig' },
  // Before `cache`: answers are kept under the rewritten question.
  { name: 'rewrite', load: async () => (await import('./rewrite/index.ts')).rewrite },
  { name: 'autopath', load: async () => (await import('./autopath/index.ts')).autopath },
  // Before `cache`: what it kept is not shown to those who may not see it.
  { name: 'acl', load: async () => (await import('./acl/index.ts')).acl },
  { name: 'cache', load: async () => (await import('./cache/index.ts')).cache },
  { name: 'header', load: async () => (await import('./header/index.ts')).header },
  { name: 'dnssec' },
  { name: 'tls', load: async () => (await import('./tls/index.ts')).tls },
  // Behind `cache`: it keeps the minimal answer.
  { name: 'minimal', load: async () => (await import('./minimal/index.ts')).minimal },
  // Before what makes records: they may stand in for it.
  { name: 'template', load: async () => (await import('./template/index.ts')).template },
  { name: 'transfer', load: async () => (await import('./transfer/index.ts')).transfer },
  { name: 'hosts', load: async () => (await import('./hosts/index.ts')).hosts },
  { name: 'route53' },
  { name: 'azure' },
  { name: 'clouddns' },
  { name: 'k8s_external', load: async () => (await import('./k8s_external/index.ts')).k8sExternal },
  { name: 'kubernetes', load: async () => (await import('./kubernetes/setup.ts')).kubernetes },
  { name: 'file', load: async () => (await import('./file/index.ts')).file },
  { name: 'auto' },
  { name: 'secondary' },
  { name: 'etcd' },
  { name: 'loop', load: async () => (await import('./loop/index.ts')).loop },
  // The end of most chains: what is here takes all that is left.
  { name: 'forward', load: async () => (await import('./forward/setup.ts')).forward },
  { name: 'grpc' },
  { name: 'erratic' },
  { name: 'whoami', load: async () => (await import('./whoami/index.ts')).whoami },
  { name: 'on', isIgnored: true },
  { name: 'sign' },
  // Chooses between blocks, before any chain runs.
  { name: 'view', load: async () => (await import('./view/index.ts')).view },
  { name: 'nomad' },
];
