import type { KubeObject } from '../api/index.ts';
import type { Position } from '../net/index.ts';
import type { Step } from '../observe/index.ts';
import type { DigRequest, DigResult } from './dig-protocol.ts';
import type {
  ExpectRequest,
  ExpectResult,
  MatrixRequest,
  MatrixResult,
  ReachRequest,
  ReachResult,
} from './reach-protocol.ts';

/** Where a front door listens. */
export interface Listening {
  readonly address: string;
  readonly port: number;
}

/** One way to reach a Service port from the host. */
export interface Reach extends Listening {
  readonly via: 'clusterIP' | 'nodePort' | 'loadBalancer' | 'externalIP';
}

export interface ServicePortStatus {
  readonly name?: string;
  readonly protocol: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
  readonly reach: readonly Reach[];
  /** Why an address of this port cannot be reached from the host. */
  readonly unreachable?: readonly string[];
}

export interface ServiceStatus {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIPs: readonly string[];
  readonly externalName?: string;
  readonly ports: readonly ServicePortStatus[];
  readonly endpoints: { readonly ready: number; readonly total: number };
}

/** One URL that an Ingress answers. */
export interface IngressStatus {
  readonly namespace: string;
  readonly name: string;
  readonly urls: readonly string[];
  /** Why nobody serves it. */
  readonly unserved?: string;
}

/** Something in the manifests or the environment that is legal and surely wrong. */
export interface Warning {
  readonly object?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** A Pod that should be ready and is not. */
export interface UnreadyPod {
  readonly namespace: string;
  readonly name: string;
  /** What keeps it: a missing Secret, a failing probe, no Node. */
  readonly reason?: string;
}

/** What `podlane up -o json` prints, and `podlane status -o json`. */
export interface ClusterStatus {
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  /** Milliseconds from the start of the process until everything answered. */
  readonly readyMs: number;
  readonly seed: number;
  /** What becomes of connections that policies deny: silence, or a refusal at once. */
  readonly deny: 'drop' | 'reject';
  readonly dns?: Listening;
  readonly ingress?: { readonly http?: Listening; readonly https?: Listening };
  readonly entry?: Listening;
  /** What kubectl connects to, the file with its credentials, and the context in the user's own kubeconfig. */
  readonly api?: {
    readonly server: string;
    readonly kubeconfig: string;
    readonly context?: string;
  };
  readonly services: readonly ServiceStatus[];
  readonly ingresses: readonly IngressStatus[];
  readonly objects: number;
  readonly namespaces: number;
  readonly pods: {
    readonly ready: number;
    readonly total: number;
    readonly unready: readonly UnreadyPod[];
  };
  readonly warnings: readonly Warning[];
}

export interface ListRequest {
  /** As kubectl names resources: `svc`, `deploy/web`, `pods`, `all`, comma-separated. */
  readonly resource: string;
  readonly names?: readonly string[];
  readonly namespace: string;
  readonly isAllNamespaces?: boolean;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface TableColumn {
  readonly name: string;
  readonly priority: number;
}

/** The objects of one kind, with what `kubectl get` prints of them. */
export interface ListedKind {
  /** `services`, `deployments.apps`. */
  readonly resource: string;
  /** `service`, `deployment.apps`: how one of them is named. */
  readonly singular: string;
  readonly columns: readonly TableColumn[];
  readonly items: readonly ListedItem[];
  /** Whether objects were asked for by name. */
  readonly isNamed: boolean;
}

export interface ListedItem {
  readonly object: KubeObject;
  readonly cells: readonly (string | number)[];
}

export interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** As `ListedKind`'s. */
  readonly singular: string;
  readonly columns: readonly TableColumn[];
  readonly item: ListedItem;
}

export interface ExplainRequest {
  /** `[namespace/]pod`, a kind of workload as `deploy/web`; absent is the outside, on the first Node. */
  readonly from?: string;
  /** A URL, `name[:port]`, `address[:port]`. */
  readonly to: string;
  readonly namespace: string;
}

export interface ExplainResult {
  readonly from: string;
  readonly to: string;
  readonly steps: readonly Step[];
  readonly verdict: 'answered' | 'delivered' | 'refused' | 'dropped' | 'unresolved' | 'unreachable';
  /** One sentence: what the client sees. */
  readonly summary: string;
}

export interface ResolvConfRequest {
  /** `[namespace/]pod`, a kind of workload as `deploy/web`; absent is the first Node. */
  readonly pod?: string;
  readonly namespace: string;
  /** Nameservers as this host reaches them. */
  readonly isForHost: boolean;
}

export interface ResolvConfResult {
  readonly text: string;
  readonly warnings: readonly string[];
}

export interface ApplyRequest {
  /** Absolute paths of files and folders, and `-` for `input`. */
  readonly paths: readonly string[];
  /** What came on standard input. */
  readonly input?: string;
  readonly namespace: string;
  readonly isStrict: boolean;
}

export interface ApplyOutcome {
  /** With an error nothing was applied. */
  readonly isApplied: boolean;
  /** `service/web configured`. */
  readonly changes: readonly string[];
  readonly errors: readonly Warning[];
  readonly warnings: readonly Warning[];
}

/** The calls that a running instance answers: parameters and result of each. */
export interface ControlCalls {
  readonly status: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: ClusterStatus;
  };
  readonly list: { readonly params: ListRequest; readonly result: readonly ListedKind[] };
  readonly describe: { readonly params: ListRequest; readonly result: string };
  readonly explain: { readonly params: ExplainRequest; readonly result: ExplainResult };
  readonly dig: { readonly params: DigRequest; readonly result: DigResult };
  readonly reach: { readonly params: ReachRequest; readonly result: readonly ReachResult[] };
  readonly matrix: { readonly params: MatrixRequest; readonly result: MatrixResult };
  readonly expect: { readonly params: ExpectRequest; readonly result: ExpectResult };
  /** The text of a Pod's resolv.conf, and what the kubelet would record about it. */
  readonly kubeconfig: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: { readonly text: string };
  };
  readonly resolvConf: {
    readonly params: ResolvConfRequest;
    readonly result: ResolvConfResult;
  };
  readonly scale: {
    readonly params: ListRequest & { readonly replicas: number };
    readonly result: readonly string[];
  };
  readonly apply: { readonly params: ApplyRequest; readonly result: ApplyOutcome };
  readonly delete: {
    readonly params: ListRequest;
    readonly result: readonly string[];
  };
  readonly down: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: { readonly pid: number };
  };
}

export type ControlCall = keyof ControlCalls;
export type ParamsOf<C extends ControlCall> = ControlCalls[C]['params'];
export type ResultOf<C extends ControlCall> = ControlCalls[C]['result'];

/** What a running instance does with each call. */
export type ControlHandlers = {
  readonly [C in ControlCall]: (params: ParamsOf<C>) => ResultOf<C> | Promise<ResultOf<C>>;
} & {
  /** Calls `send` for each change until the signal fires. */
  readonly watch: (
    params: ListRequest,
    send: (line: WatchLine) => void,
    signal: AbortSignal,
  ) => void;
};

/** How an error travels: what a PodlaneError has. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly position?: Position;
}
