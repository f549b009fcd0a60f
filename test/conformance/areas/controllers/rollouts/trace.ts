import type {
  ControllerRevision,
  Job,
  PersistentVolumeClaim,
  Pod,
  ReplicaSet,
  Store,
} from '../../../../../src/api/index.ts';
import type { TraceRow } from './scenario.ts';

interface PodFacts {
  readonly owner: string;
  readonly phase: string;
  readonly isReady: boolean;
  readonly isGoing: boolean;
}

/** Writes down what happens in a store, in the rows of the tables. */
export class Trace {
  readonly rows: TraceRow[] = [];
  readonly #pods = new Map<string, PodFacts>();
  /** ReplicaSets by uid: their number, in order of appearance, and what they ask for. */
  readonly #sets = new Map<string, { readonly number: string; desired: number; isGone: boolean }>();
  readonly #jobs = new Map<string, string>();
  readonly #watches: readonly Disposable[];

  constructor(store: Store, namespace: string) {
    const inside = (object: { readonly metadata: { readonly namespace?: string } }): boolean =>
      object.metadata.namespace === namespace;
    this.#watches = [
      store.watch('ReplicaSet', ({ type, object }) => {
        if (inside(object)) this.#replicaSet(object, type === 'DELETED');
      }),
      store.watch('Pod', ({ type, object }) => {
        if (inside(object)) this.#pod(object, type === 'DELETED');
      }),
      store.watch('Job', ({ type, object }) => {
        if (inside(object) && type !== 'DELETED') this.#job(object);
      }),
      store.watch('ControllerRevision', ({ type, object }) => {
        if (inside(object) && type === 'ADDED') this.#push(revisionRow(object));
      }),
      store.watch('PersistentVolumeClaim', ({ type, object }) => {
        if (inside(object) && type === 'ADDED') this.#push(claimRow(object));
      }),
    ];
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
  }

  #replicaSet({ metadata, spec }: ReplicaSet, isGone: boolean): void {
    const uid = metadata.uid ?? '';
    const desired = spec?.replicas ?? 1;
    const known = this.#sets.get(uid);
    if (known === undefined) {
      const number = `rs${this.#sets.size + 1}`;
      this.#sets.set(uid, { number, desired, isGone });
      this.#push(`${number} created ${desired}`);
      return;
    }
    const { number, desired: before } = known;
    if (isGone) {
      known.isGone = true;
      this.#push(`${number} deleted`);
    } else if (before !== desired) {
      known.desired = desired;
      this.#push(`${number} ${before}->${desired}`);
    }
  }

  #pod(pod: Pod, isGone: boolean): void {
    const uid = pod.metadata.uid ?? '';
    const before = this.#pods.get(uid);
    const facts = { ...this.#factsOf(pod), owner: before?.owner ?? this.#ownerOf(pod) };
    if (before === undefined) {
      this.#pods.set(uid, facts);
      this.#push(`pod created ${facts.owner}`);
      return;
    }
    // A Pod that is adopted or let go is called by its owner from then on.
    const owner = this.#ownerOf(pod);
    const after = { ...facts, owner, isGoing: isGone || facts.isGoing };
    this.#pods.set(uid, after);
    const change = changeOf(before, after);
    if (change !== undefined) this.#push(`pod ${change} ${owner}`);
    if (!isGone) return;
    this.#pods.delete(uid);
    this.#push(`pod gone ${owner}`);
  }

  #job({ metadata, status = {} }: Job): void {
    const { active, terminating, succeeded, failed, conditions = [] } = status;
    const c = conditions.filter(({ status: is }) => is === 'True').map(({ type }) => type);
    const shown = JSON.stringify({
      ...(active && { active }),
      ...(terminating && { terminating }),
      ...(succeeded && { succeeded }),
      ...(failed && { failed }),
      c,
    });
    const uid = metadata.uid ?? '';
    if (this.#jobs.get(uid) === shown) return;
    this.#jobs.set(uid, shown);
    this.#push(`job ${shown}`);
  }

  #factsOf({ metadata, status }: Pod): Omit<PodFacts, 'owner'> {
    const isReady = (status?.conditions ?? []).some(
      ({ type, status: is }) => type === 'Ready' && is === 'True',
    );
    const phase = status?.phase ?? 'Pending';
    return { phase, isReady, isGoing: metadata.deletionTimestamp !== undefined };
  }

  #ownerOf({ metadata, spec }: Pod): string {
    const controller = metadata.ownerReferences?.find((reference) => reference.controller === true);
    switch (controller?.kind) {
      case undefined:
        return 'bare';
      case 'ReplicaSet':
        return this.#sets.get(controller.uid)?.number ?? controller.name;
      case 'DaemonSet':
        return `ds@${spec?.nodeName || pinnedTo(spec)}`;
      case 'Job':
        return 'job';
      default:
        return metadata.name;
    }
  }

  #push(what: string): void {
    const live = [...this.#pods.values()].filter(
      ({ isGoing, phase }) => !isGoing && phase !== 'Succeeded' && phase !== 'Failed',
    );
    const terminating = [...this.#pods.values()].filter(({ isGoing }) => isGoing).length;
    const ready = live.filter(({ isReady }) => isReady).length;
    const sets = [...this.#sets.values()].filter(({ isGone }) => !isGone);
    const desired = Object.fromEntries(sets.map((set) => [set.number, set.desired]));
    this.rows.push([what, live.length, terminating, ready, desired]);
  }
}

function changeOf(before: PodFacts, after: PodFacts): string | undefined {
  if (after.isGoing && !before.isGoing) return 'terminating';
  if (before.isReady !== after.isReady) return after.isReady ? 'ready' : 'unready';
  return before.phase !== after.phase && !after.isReady ? after.phase : undefined;
}

function pinnedTo(spec: Pod['spec']): string {
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0] ?? '';
}

function revisionRow({ revision }: ControllerRevision): string {
  return `controllerrevision added rev ${revision}`;
}

function claimRow({ metadata }: PersistentVolumeClaim): string {
  return `persistentvolumeclaim added ${metadata.name}`;
}
