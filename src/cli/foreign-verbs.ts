const MANIFEST =
  'Write it as a manifest: `podlane apply -f FILE`, or save it where `podlane up` looks.';
const EDIT =
  'Change the file that `podlane up` reads: what is saved is applied. Or `podlane get TYPE/NAME -o yaml > FILE`, and after the change `podlane apply -f FILE`.';
const INSIDE =
  "No image runs, so there is nothing to enter. What a Pod would reach: `podlane curl --as POD URL`, `podlane dig --as POD NAME`, `podlane explain 'POD -> URL'`.";
const NODE = 'Apply the Node object with its taints: `podlane get node NAME -o yaml` prints it.';

/** Verbs of tools that people know, and what does their work here. */
const INSTEAD: Readonly<Record<string, string>> = {
  annotate: EDIT,
  'api-resources': '`podlane get TYPE` knows every type of Kubernetes and its short names.',
  attach: INSIDE,
  autoscale: MANIFEST,
  'cluster-info': '`podlane status` tells what is served and where.',
  config:
    'There is one cluster an instance: `--name NAME` chooses it, `podlane status` tells about it.',
  cordon: NODE,
  cp: INSIDE,
  create: MANIFEST,
  debug: INSIDE,
  drain: NODE,
  edit: EDIT,
  exec: INSIDE,
  expose: `${MANIFEST} \`podlane up --expose\` is for other machines.`,
  label: EDIT,
  list: '`podlane get TYPE` lists objects.',
  logs: 'No image runs, so Pods write no logs. `podlane describe pod NAME` tells state and events, `podlane explain` what became of a request.',
  ls: '`podlane get TYPE` lists objects.',
  patch: EDIT,
  'port-forward':
    'Nothing has to be forwarded: `podlane status` tells the address of every Service, `podlane get pods -o wide` that of every Pod (10.244.1.4 is 127.244.1.4 here). For names: `curl -x socks5h://ENTRY http://NAME.NAMESPACE`.',
  proxy:
    'The entry is a proxy into the cluster: `curl -x socks5h://ENTRY http://NAME.NAMESPACE`; `podlane status` tells its address.',
  ps: '`podlane status` tells about the instance, `podlane get pods -A` about its Pods.',
  replace: EDIT,
  rollout:
    '`podlane get deploy -w` follows a rollout. A change of the Pod template starts one; `podlane delete pod NAME` replaces a Pod.',
  run: MANIFEST,
  set: EDIT,
  start: '`podlane up` starts an instance.',
  stop: '`podlane down` stops the instance.',
  taint: NODE,
  top: 'No image runs, so Pods use no memory or CPU of their own. `podlane get pods` lists them.',
  uncordon: NODE,
  wait: '`podlane get TYPE -w` follows changes; `podlane up` prints its table once everything is served.',
};

/** What to do instead of a verb that podlane does not have; undefined for one that nobody has. */
export function insteadOf(verb: string): string | undefined {
  return Object.hasOwn(INSTEAD, verb) ? INSTEAD[verb] : undefined;
}
