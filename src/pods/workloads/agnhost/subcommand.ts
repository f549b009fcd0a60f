import type {
  ContainerContext,
  ExecResult,
  ServedContainer,
  WorkloadContext,
} from '../../workload.ts';

/** One run of a subcommand. */
export interface Invocation {
  /** The words after the subcommand's name. */
  readonly args: readonly string[];
  readonly context: ContainerContext;
  readonly pod: WorkloadContext;
}

/** One of agnhost's programs. */
export interface Subcommand {
  /** As the container's own program. */
  run(invocation: Invocation): ServedContainer;
  /** As a command in a container that runs another; absent for servers. */
  exec?(invocation: Invocation): Promise<ExecResult>;
}

/** A container without ports. */
export const SILENT_CONTAINER: ServedContainer = { tcp: [], udp: [] };
