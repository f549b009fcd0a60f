import type { Protocol } from '../net/index.ts';
import type { Step } from '../observe/index.ts';

/** How one flow is asked for. */
interface FlowRequest {
  readonly namespace: string;
  /** A number, or the name of a port of the target. @default the target's own, else its first */
  readonly port?: string;
  /** @default what the target has, TCP first */
  readonly protocol?: Protocol;
  /** From decisions alone: no connection is made. @default false */
  readonly isDecided?: boolean;
}

export interface ReachRequest extends FlowRequest {
  /** `[namespace/]pod`, a kind of workload as `deploy/web`, `outside`; absent is the outside. */
  readonly from?: string;
  /** Pods, Services, names, addresses, URLs. */
  readonly to: readonly string[];
}

export interface MatrixRequest extends FlowRequest {
  readonly isAllNamespaces?: boolean;
  readonly labelSelector?: string;
  /** Services are targets too. @default false */
  readonly hasServices?: boolean;
}

/**
 * What became of a flow: `allowed` (it was answered), `denied` (dropped in silence), `mixed` (some endpoints of the
 * Service are denied and others are not), `refused`, `unreachable` (nobody has the address), `unresolved` (the name has
 * none), `unanswered` (it was delivered, and nothing came back).
 */
export type ReachVerdict =
  | 'allowed'
  | 'denied'
  | 'mixed'
  | 'refused'
  | 'unreachable'
  | 'unresolved'
  | 'unanswered';

/** One flow, and why it ended so. */
export interface ReachedFlow {
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly verdict: ReachVerdict;
  /** One phrase. */
  readonly why: string;
  /** The object that decided, its field, file and line: `NetworkPolicy shop/api spec.ingress (np.yaml:3)`. */
  readonly rule?: string;
}

/** A flow with everything that was found on its way. */
export interface ReachResult extends ReachedFlow {
  readonly steps: readonly Step[];
}

export interface MatrixResult {
  /** Sources, as `namespace/name`. */
  readonly rows: readonly string[];
  /** Targets: Pods as rows are, Services as `svc/name.namespace`. */
  readonly columns: readonly string[];
  /** Row by row, as many as there are columns in each. */
  readonly flows: readonly ReachedFlow[];
  /** Pods that are left out, each with the reason. */
  readonly skipped: readonly string[];
}

export interface ExpectRequest {
  /** The absolute path of a list of expectations; messages name `shown`. */
  readonly file: string;
  readonly shown: string;
  /** What the file holds, where it is no file. */
  readonly input?: string;
  readonly namespace: string;
  readonly isDecided?: boolean;
}

/** One expectation of a file, judged. */
export interface JudgedExpectation {
  readonly file: string;
  readonly line: number;
  readonly expect: 'allow' | 'deny';
  /** `unproven`: the flow was denied, and nobody at all was seen to reach the target. */
  readonly outcome: 'met' | 'failed' | 'unproven';
  readonly flow: ReachedFlow;
  /** What was seen to reach the target of a flow that is to be denied. */
  readonly control?: string;
}

export interface ExpectResult {
  readonly expectations: readonly JudgedExpectation[];
}
