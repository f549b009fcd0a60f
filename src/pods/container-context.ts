import type { Container, Pod } from '../api/index.ts';
import { parseIp, type Endpoint } from '../net/index.ts';
import { type ContainerFiles, createContainerFiles } from './container-files.ts';
import type { ContainerLog } from './container-log.ts';
import type { RunnerPod } from './container-runner.ts';
import type { Environment, EnvironmentInput } from './environment.ts';
import { expand } from './expansion.ts';
import { hostsFile, podNames } from './hosts-file.ts';
import {
  type Caller,
  connectAs,
  flowFrom,
  isLoopback,
  type KubeletContext,
  loopbackFlow,
} from './kubelet-context.ts';
import { orSilent } from './lost-packets.ts';
import type { ProgramContext } from './running-container.ts';
import type { ContainerContext, ResolvConf, WorkloadContext } from './workload.ts';

/** What the container's spec says, with the environment put in. */
export function createContainerContext({
  pod,
  container,
  environment,
}: {
  readonly pod: Pod;
  readonly container: Container;
  readonly environment: Extract<Environment, { kind: 'computed' }>;
}): ContainerContext {
  const { own, services } = environment;
  const lookUp = (name: string): string | undefined => own.get(name) ?? services.get(name);
  const expandAll = (words: readonly string[] = []): readonly string[] =>
    words.map((word) => expand(word, lookUp));
  // Most workloads read no environment, and many Services make it large.
  let all: ReadonlyMap<string, string> | undefined;
  return {
    pod,
    container,
    get env() {
      all ??= new Map([...services, ...own]);
      return all;
    },
    command: expandAll(container.command),
    args: expandAll(container.args),
  };
}

/** What is known of a container when it starts. */
export interface ContainerInput extends EnvironmentInput {
  readonly log: ContainerLog;
  readonly context: ContainerContext;
  /** What its workload's images have. */
  readonly directories: readonly string[];
  readonly program: ProgramContext;
}

/** What a workload may do as the Pod. */
export function createWorkloadContext(
  kubelet: KubeletContext,
  runner: RunnerPod,
  input: ContainerInput,
): WorkloadContext {
  const { pod } = input;
  const { namespace = 'default', name } = pod.metadata;
  const { podIPs, nodeName } = runner;
  const caller: Caller = {
    origin: { kind: 'pod', namespace, name },
    node: nodeName,
    addresses: podIPs,
  };
  const connect = connectAs(kubelet, caller);
  // Most containers look at no file.
  let files: ContainerFiles | undefined;
  const { hostname } = podNames(pod, kubelet.clusterDomain);
  return {
    ...input.program,
    hostname,
    podIPs,
    hostIP: runner.hostIPs[0] ?? '',
    nodeName,
    clock: kubelet.clock,
    log: kubelet.log,
    program:
      [...(input.container.command ?? []), ...(input.container.args ?? [])].join(' ') ||
      input.container.name,
    dns: kubelet.dns,
    print: (text, stream) => input.log.print(text, stream),
    write: (bytes, stream) => input.log.write(bytes, stream),
    connect: (destination, options) => connect(destination, options?.signal),
    associate: (destination: Endpoint) =>
      isLoopback(destination.address)
        ? kubelet.network.associate(loopbackFlow(caller, 'UDP', destination))
        : orSilent(() => kubelet.associate(flowFrom(caller, 'UDP', destination))),
    resolve: async (host) => {
      const address = parseIp(host);
      if (address !== undefined) return [address.text];
      return host === 'localhost' ? ['127.0.0.1'] : kubelet.resolve(host, caller.origin);
    },
    resolvConf: () => kubelet.resolvConf(runner.pod()),
    hostsFile: () => hostsFile(pod, podIPs, kubelet.clusterDomain),
    get files() {
      files ??= containerFiles(kubelet, runner, input);
      return files;
    },
  };
}

/** Its volumes, and what the kubelet and the runtime put into every container. */
function containerFiles(
  { clusterDomain, resolvConf }: KubeletContext,
  runner: RunnerPod,
  input: ContainerInput,
): ContainerFiles {
  const { pod, podIPs } = input;
  const { hostname } = podNames(pod, clusterDomain);
  return createContainerFiles({
    input: { ...input, container: withSubPaths(input.context) },
    own: new Map<string, () => Uint8Array>([
      ['/etc/hostname', () => Buffer.from(`${hostname}\n`)],
      ['/etc/hosts', () => Buffer.from(hostsFile(pod, podIPs, clusterDomain))],
      ['/etc/resolv.conf', () => Buffer.from(formatResolvConf(resolvConf(runner.pod())))],
    ]),
    directories: [...input.directories, input.container.workingDir ?? '/'],
    tableOf: (volume) => runner.volumes.tableOf(volume, runner.pod()),
  });
}

/** The container with its `subPathExpr`s worked out. */
function withSubPaths({ container, env }: ContainerContext): Container {
  const { volumeMounts = [] } = container;
  if (volumeMounts.every(({ subPathExpr }) => subPathExpr === undefined)) return container;
  return {
    ...container,
    volumeMounts: volumeMounts.map((mount) => ({
      ...mount,
      ...(mount.subPathExpr !== undefined && {
        subPath: expand(mount.subPathExpr, (name) => env.get(name)),
      }),
    })),
  };
}

/** @see kubernetes pkg/kubelet/network/dns, formDNSNameserversAndSearch…: the order of its lines */
function formatResolvConf({ nameservers, searches, options }: ResolvConf): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.map((address) => `nameserver ${address}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
