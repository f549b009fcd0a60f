/** What kubectl does against a running instance. */
function withKubectl(verb: string): string {
  return `kubectl does it: \`kubectl --context podlane-NAME ${verb} …\`; \`podlane up\` adds the context, \`podlane kubeconfig\` prints it.`;
}

/** Verbs that are kubectl's own. */
const OF_KUBECTL = [
  'annotate',
  'api-resources',
  'api-versions',
  'attach',
  'auth',
  'autoscale',
  'cluster-info',
  'cordon',
  'cp',
  'create',
  'debug',
  'diff',
  'drain',
  'edit',
  'events',
  'exec',
  'expose',
  'label',
  'logs',
  'patch',
  'port-forward',
  'proxy',
  'replace',
  'rollout',
  'run',
  'set',
  'taint',
  'uncordon',
  'wait',
];

/** Verbs of other tools that people know, and what does their work here. */
const INSTEAD: Readonly<Record<string, string>> = {
  config:
    'There is one cluster an instance: `--name NAME` chooses it, `podlane kubeconfig` prints its kubeconfig.',
  list: '`podlane get TYPE` lists objects.',
  ls: '`podlane get TYPE` lists objects.',
  ps: '`podlane status` tells about the instance, `podlane get pods -A` about its Pods.',
  start: '`podlane up` starts an instance.',
  stop: '`podlane down` stops the instance.',
  top: 'No image runs, so Pods use no memory or CPU of their own. `podlane get pods` lists them.',
};

/** What to do instead of a verb that podlane does not have; undefined for one that nobody has. */
export function insteadOf(verb: string): string | undefined {
  if (OF_KUBECTL.includes(verb)) return withKubectl(verb);
  return Object.hasOwn(INSTEAD, verb) ? INSTEAD[verb] : undefined;
}
