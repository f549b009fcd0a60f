import { Readable } from 'node:stream';
import { startInstance, type Instance, type ReloadOutcome } from '../../index.ts';
import {
  EXIT,
  flagOption,
  instanceName,
  isJson,
  listOption,
  NAME_OPTION,
  textOption,
  type Command,
  type ExitCode,
  type Invocation,
} from '../command.ts';
import type { Logger } from '../../observe/index.ts';
import { compileByNeed, leaveStartUp } from '../enter-start-up.ts';
import { packageVersion } from '../package-version.ts';
import { renderProblem, renderStatus } from '../render-status.ts';
import type { Terminal } from '../terminal.ts';
import {
  readAccessLog,
  readDenial,
  readDomain,
  readDoor,
  readForward,
  readNumber,
} from '../up-options.ts';
import { defined, doors, scheduler, several, upstreams } from '../up-values.ts';

/** `podlane up`: the main job. */
export const up: Command = {
  name: 'up',
  usage: ['up [FILE|DIR|-]… [options]'],
  description:
    'Serves what the manifests describe, in the foreground, until Ctrl-C. Files are YAML or JSON with any number of documents;\nfolders are read with all that is below them, - is standard input. Saved changes are applied.',
  options: {
    ...NAME_OPTION,
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      help: 'json prints one line of JSON when ready',
    },
    dns: {
      type: 'string',
      value: 'ADDRESS:PORT',
      help: 'where DNS listens; :0 is any free port, off is none (default 127.0.0.1:53, else :10053)',
    },
    http: {
      type: 'string',
      value: 'ADDRESS:PORT',
      help: 'where the ingress listens (default 127.0.0.1:80, else :8080)',
    },
    https: {
      type: 'string',
      value: 'ADDRESS:PORT',
      help: 'where the ingress listens for TLS (default 127.0.0.1:443, else :8443)',
    },
    entry: {
      type: 'string',
      value: 'ADDRESS:PORT',
      help: 'where SOCKS5 and HTTP proxying listen (default 127.0.0.1:10080)',
    },
    api: {
      type: 'string',
      value: 'ADDRESS:PORT',
      help: 'where the Kubernetes API listens (default 127.0.0.1:6443, else any free port)',
    },
    kubeconfig: {
      type: 'string',
      value: 'FILE',
      help: "the kubeconfig that gets the context podlane-NAME until the end; off leaves yours alone (default kubectl's own)",
    },
    'data-dir': {
      type: 'string',
      value: 'DIR',
      help: 'keep the state in this folder, and go on with what it holds (default in memory, gone at the end)',
    },
    expose: {
      type: 'boolean',
      help: 'allow addresses that other machines reach in the options above and below, as 0.0.0.0:80',
    },
    'proxy-scheduler': {
      type: 'string',
      value: 'NAME',
      help: 'how Services choose an endpoint, as IPVS calls it: rr, wrr, lc, wlc, sh, dh, sed, nq, mh (default random)',
    },
    'proxy-health': {
      type: 'string',
      value: 'ADDRESS:PORT',
      help: "where kube-proxy's /healthz is (default 127.0.0.1:10256, unless it is taken)",
    },
    'proxy-metrics': {
      type: 'string',
      value: 'ADDRESS:PORT',
      help: "where kube-proxy's /metrics is (default 127.0.0.1:10249, unless it is taken)",
    },
    'ingress-metrics': {
      type: 'string',
      value: 'ADDRESS:PORT',
      help: "where the ingress' /metrics is (default 127.0.0.1:10254, unless it is taken)",
    },
    'access-log': {
      type: 'string',
      value: 'off|nginx|json',
      help: 'a line on standard output for each request of the ingress, as ingress-nginx writes it or as JSON (default off)',
    },
    aliases: {
      type: 'boolean',
      default: true,
      help: 'listen on loopback aliases of Services, Pods and Nodes (--no-aliases: NodePorts on 127.0.0.1 only, where they are free; the rest through the entry)',
    },
    nodes: {
      type: 'string',
      value: 'N',
      help: 'how many Nodes, where the manifests have none (default 3)',
    },
    seed: {
      type: 'string',
      value: 'N',
      help: 'makes addresses, names and picks repeatable (default 0)',
    },
    'service-cidr': {
      type: 'string',
      multiple: true,
      value: 'CIDR',
      help: 'Service addresses, once a family (default 10.96.0.0/12, fd00:10:96::/108)',
    },
    'pod-cidr': {
      type: 'string',
      multiple: true,
      value: 'CIDR',
      help: 'Pod addresses, once a family (default 10.244.0.0/16, fd00:10:244::/56)',
    },
    'load-balancer-cidr': {
      type: 'string',
      value: 'CIDR',
      help: 'LoadBalancer addresses (default 127.1.0.0/24)',
    },
    'node-ports': { type: 'string', value: 'RANGE', help: 'node ports (default 30000-32767)' },
    'cluster-domain': {
      type: 'string',
      value: 'DOMAIN',
      help: 'the domain of the cluster (default cluster.local)',
    },
    'dns-upstream': {
      type: 'string',
      multiple: true,
      value: 'ADDRESS',
      help: "who knows other names; off refuses them (default the host's resolv.conf)",
    },
    'dns-workers': {
      type: 'string',
      value: 'N',
      help: 'how many threads answer DNS over UDP (default 1)',
    },
    corefile: {
      type: 'string',
      value: 'FILE',
      help: 'what the DNS is told, instead of the ConfigMap kube-system/coredns',
    },
    pod: {
      type: 'string',
      multiple: true,
      value: 'deploy/NAME=ADDRESS:PORT',
      help: "hand the traffic of a workload's Pods to a process of this host",
    },
    deny: {
      type: 'string',
      value: 'drop|reject',
      help: 'what becomes of connections that policies deny: silence, as with a CNI, or a refusal at once (default drop)',
    },
    strict: { type: 'boolean', help: 'unknown fields and kinds are errors' },
    watch: { type: 'boolean', default: true, help: 'apply saved changes (--no-watch: do not)' },
    verbose: { type: 'boolean', short: 'v', help: 'say more' },
  },
  examples: [
    'up manifests/',
    'up -o json --dns 127.0.0.1:0 app.yaml',
    'kubectl kustomize overlay | podlane up -',
    'up . --pod deploy/web=127.0.0.1:3000',
  ],
  run: async (invocation) => {
    const { terminal, values } = invocation;
    const isForMachines = isJson(values, 'up');
    compileByNeed();
    await using instance = await start(invocation).finally(leaveStartUp);
    const status = instance.status();
    if (isForMachines) terminal.out(JSON.stringify(status));
    else
      terminal.out(
        `${renderStatus(status, terminal)}\n\nCtrl-C stops it. Why a request goes where it goes: podlane explain 'FROM -> TO'`,
      );
    const code = await untilStopped(instance, terminal);
    // Who sends this one waits, as a kubelet does; another signal ends it at once.
    if (terminal.interrupted.reason === 'SIGTERM') await instance.drain();
    return code;
  },
};

async function start({ positionals, values, terminal }: Invocation): Promise<Instance> {
  const number = (
    name: string,
    range: { readonly min: number; readonly max: number },
  ): number | undefined => readNumber(name, textOption(values, name), range);
  const log = terminal.logger(flagOption(values, 'verbose') ? 'info' : 'warn');
  return startInstance({
    ...defined({
      nodes: number('nodes', { min: 1, max: 200 }),
      seed: number('seed', { min: 0, max: 2 ** 32 - 1 }),
      ...doors(values),
      serviceCIDRs: several(values, 'service-cidr'),
      podCIDRs: several(values, 'pod-cidr'),
      loadBalancerCIDR: textOption(values, 'load-balancer-cidr'),
      nodePortRange: textOption(values, 'node-ports'),
      clusterDomain: readDomain('cluster-domain', textOption(values, 'cluster-domain')),
      dnsWorkers: readNumber('dns-workers', textOption(values, 'dns-workers'), {
        min: 1,
        max: 64,
      }),
      dnsUpstream: upstreams(values),
      proxy: scheduler(values),
      accessLog: readAccessLog(textOption(values, 'access-log')),
      corefile: textOption(values, 'corefile'),
      api: readDoor('api', textOption(values, 'api'), flagOption(values, 'expose')) ?? 'default',
      kubeconfig: textOption(values, 'kubeconfig') ?? 'default',
      dataDir: textOption(values, 'data-dir'),
      deny: readDenial(textOption(values, 'deny')),
      stdin: positionals.includes('-') ? await readInput(terminal, log) : undefined,
    }),
    name: instanceName(textOption(values, 'name'), terminal.env),
    paths: positionals,
    forwards: listOption(values, 'pod').map(readForward),
    hasAliases: values['aliases'] !== false,
    isFollowing: values['watch'] !== false,
    isStrict: flagOption(values, 'strict'),
    log,
    version: packageVersion().podlane,
    variables: terminal.env,
    print: (line) => terminal.err(line),
    ...terminal.process,
    onReload: (outcome) => reportReload(outcome, terminal),
  });
}

/** Read here, where Ctrl-C ends it. */
async function readInput(terminal: Terminal, log: Logger): Promise<AsyncIterable<Uint8Array>> {
  log.info('reading manifests from standard input', { part: 'cli' });
  return Readable.from([Buffer.from(await terminal.readInput())]);
}

function reportReload(outcome: ReloadOutcome, terminal: Terminal): void {
  const errors = outcome.problems.filter(
    ({ severity }) => outcome.kind === 'applied' || severity === 'error',
  );
  for (const { severity, position, ...rest } of errors)
    terminal.err(renderProblem(severity, { ...position, ...rest }, terminal));
  if (outcome.kind === 'broken') terminal.err('nothing was applied: what runs goes on as it was');
  else for (const line of outcome.changes) terminal.err(line);
}

async function untilStopped(instance: Instance, { interrupted }: Terminal): Promise<ExitCode> {
  const isInterrupted = new Promise<ExitCode>((resolve) => {
    if (interrupted.aborted) resolve(EXIT.Interrupted);
    interrupted.addEventListener('abort', () => resolve(EXIT.Interrupted), { once: true });
  });
  return Promise.race([isInterrupted, instance.stopped.then((): ExitCode => EXIT.Ok)]);
}
