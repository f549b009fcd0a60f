/** The real control plane and podlane's, as a differential run talks to both. */

/** One request of a user's. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Under which `/NS/` stands for the script's Namespace. */
  readonly path: string;
  readonly body?: object;
}

export interface Answer {
  readonly status: number;
  readonly body: ApiObject;
}

/** An object as the API shows it, as far as a comparison looks at it. */
export interface ApiObject {
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generateName?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly controller?: boolean;
    }[];
  };
  readonly items?: readonly ApiObject[];
  readonly [field: string]: unknown;
}

/** An API server with controllers behind it, without kubelets and without a scheduler. */
export interface Side extends AsyncDisposable {
  readonly name: string;
  /** A PATCH is a merge patch. */
  ask(request: Request): Promise<Answer>;
  /** Rises with every write to anything. */
  revision(): Promise<string>;
}

/** Which parts of kube-controller-manager a run leaves out. */
export interface SideOptions {
  /** Whether Nodes that say nothing are taken for dead. @default false */
  readonly withNodeLifecycle?: boolean;
}

export const SERVICE_CIDRS: readonly string[] = ['10.96.0.0/16', 'fd00:10:96::/112'];

/** Resolves once `side` has written nothing for `quietMs`; gives up after `limitMs`. */
export async function quiet(side: Side, quietMs: number, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs;
  let last = await side.revision();
  let since = performance.now();
  while (performance.now() - since < quietMs && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    const revision = await side.revision();
    if (revision === last) continue;
    last = revision;
    since = performance.now();
  }
  if (performance.now() >= end) console.error(`${side.name} does not come to rest`);
}
