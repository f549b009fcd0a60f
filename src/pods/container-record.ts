import type { Container, ContainerRestartRule, PodSpec } from '../api/index.ts';
import type { Backoff } from './restart-backoff.ts';

/** How a container ended. */
export interface Termination {
  readonly exitCode: number;
  /** `Completed`, `Error`, `ContainerStatusUnknown`… */
  readonly reason: string;
  readonly message?: string;
  /** Milliseconds. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly containerID: string;
}

export type ContainerState =
  /** Not started yet, because nothing asked for it. */
  | { readonly kind: 'created' }
  /** Cannot start, or waits to start again. */
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'running'; readonly startedAt: number; readonly containerID: string }
  | { readonly kind: 'terminated'; readonly termination: Termination };

/** What the kubelet knows of one container. */
export interface ContainerRecord {
  readonly state: ContainerState;
  /** The end before the present state. */
  readonly last: Termination | undefined;
  /** How often it was started again. */
  readonly restartCount: number;
  /** Its startup probe has passed, or it has none; and its postStart hook is done. */
  readonly isStarted: boolean;
  /** Its readiness probe has passed, or it has none. */
  readonly isReady: boolean;
  readonly backoff: Backoff | undefined;
}

/** A container that nothing has happened to. */
export const NEW_RECORD: ContainerRecord = {
  state: { kind: 'created' },
  last: undefined,
  restartCount: 0,
  isStarted: false,
  isReady: false,
  backoff: undefined,
};

export type Records = ReadonlyMap<string, ContainerRecord>;

/** The record of `name`. */
export function recordOf(records: Records, name: string): ContainerRecord {
  return records.get(name) ?? NEW_RECORD;
}

/** The end that the container's state goes back to: its own, or the one it waits after. */
export function endOf(record: ContainerRecord): Termination | undefined {
  return record.state.kind === 'terminated' ? record.state.termination : record.last;
}

/** Whether an init container is a sidecar: started in order, and then running beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/**
 * Whether a container that ended with `exitCode` is to be started again.
 *
 * @see kubernetes pkg/kubelet/container ShouldContainerBeRestarted; KEP-5307, container restart rules
 */
export function shouldRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  const rules = container.restartPolicyRules ?? [];
  if (rules.some((rule) => rule.action === 'Restart' && appliesTo(rule, exitCode))) return true;
  const policy = container.restartPolicy ?? spec.restartPolicy ?? 'Always';
  if (policy === 'Always') return true;
  return policy === 'OnFailure' && exitCode !== 0;
}

function appliesTo({ exitCodes }: ContainerRestartRule, exitCode: number): boolean {
  const isListed = exitCodes?.values?.includes(exitCode) ?? false;
  return exitCodes?.operator === 'NotIn' ? !isListed : isListed;
}
