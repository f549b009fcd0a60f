import type { Command } from '../command.ts';

/** A verb in the list; its code is loaded when it is called, so that the small verbs start fast. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Every verb, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'serve manifests in the foreground until Ctrl-C',
    load: async () => (await import('./up.ts')).up,
  },
  {
    name: 'down',
    summary: 'stop a running instance',
    load: async () => (await import('./down.ts')).down,
  },
  {
    name: 'status',
    summary: 'what is reachable where',
    load: async () => (await import('./status.ts')).status,
  },
  {
    name: 'get',
    summary: "list objects with kubectl's columns",
    load: async () => (await import('./get.ts')).get,
  },
  {
    name: 'describe',
    summary: 'one object with its events',
    load: async () => (await import('./describe.ts')).describe,
  },
  {
    name: 'apply',
    summary: 'apply manifests to the running instance',
    load: async () => (await import('./apply.ts')).apply,
  },
  {
    name: 'delete',
    summary: 'delete objects',
    load: async () => (await import('./delete.ts')).deleteCommand,
  },
  {
    name: 'scale',
    summary: 'change the number of replicas',
    load: async () => (await import('./scale.ts')).scale,
  },
  {
    name: 'compare',
    summary: 'what two sets of manifests answer differently',
    load: async () => (await import('./compare.ts')).compare,
  },
  {
    name: 'explain',
    summary: 'every step from a name to the Pod that answers',
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'reach',
    summary: 'whether a Pod reaches its targets, and which policy says so',
    load: async () => (await import('./reach.ts')).reach,
  },
  {
    name: 'matrix',
    summary: 'the table of who reaches whom',
    load: async () => (await import('./matrix.ts')).matrix,
  },
  {
    name: 'policy',
    summary: 'which flows a change of the policies opens or closes',
    load: async () => (await import('./policy.ts')).policy,
  },
  {
    name: 'dig',
    summary: 'ask the cluster DNS, as a Pod if wanted',
    load: async () => (await import('./dig.ts')).dig,
  },
  {
    name: 'curl',
    summary: 'send an HTTP request into the cluster, as a Pod if wanted',
    load: async () => (await import('./curl.ts')).curl,
  },
  {
    name: 'kubeconfig',
    summary: 'what kubectl needs to reach a running instance',
    load: async () => (await import('./kubeconfig.ts')).kubeconfig,
  },
  {
    name: 'doctor',
    summary: 'check what this machine allows',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'corefile',
    summary: "what the cluster's DNS is told, or check a Corefile",
    load: async () => (await import('./corefile.ts')).corefile,
  },
  {
    name: 'resolv-conf',
    summary: "a Pod's resolv.conf, as the kubelet writes it",
    load: async () => (await import('./resolv-conf.ts')).resolvConf,
  },
  {
    name: 'completion',
    summary: 'completion for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completion,
  },
  {
    name: 'version',
    summary: 'the version',
    load: async () => (await import('./version.ts')).version,
  },
];
