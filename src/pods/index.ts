/** The emulated kubelet, and what answers on the addresses of Pods. */
export {
  FORWARD_ANNOTATION,
  type Forward,
  type ForwardKind,
  type ForwardRule,
  type ForwardRules,
  parseForwardRules,
} from './forward-rules.ts';
export {
  createKubelets,
  type ContainerName,
  type Kubelets,
  type KubeletsOptions,
} from './kubelet.ts';
export { silence } from './lost-packets.ts';
export type { CommandIo } from './workloads/shell/session.ts';
export { PipeClosed } from './workloads/shell/streams.ts';
export type { PodEvent, ResolveHost } from './kubelet-context.ts';
export type { ServeDnsBytes } from './workloads/coredns/index.ts';
export type {
  ContainerContext,
  DnsMessages,
  DnsReply,
  ExecResult,
  ResolvConf,
  ServedContainer,
  ServedTcpPort,
  ServedUdpPort,
  Workload,
  WorkloadContext,
} from './workload.ts';
