import { formatTime, type Pod, type Store } from '../../../../../src/api/index.ts';
import type { Clock } from '../../../../../src/observe/index.ts';

const START_MS = 350;
const STOP_MS = 300;

type Step = (pod: Pod) => void;

interface Due {
  readonly at: number;
  readonly uid: string;
  readonly step: Step;
}

/**
 * The recorder's stand-in for scheduler and kubelets: binds a Pod at once, lets it run 0.35 s later, and finishes its
 * deletion after 0.3 s. The image says how it runs.
 */
export class Kubelet implements Disposable {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #watch: Disposable;
  readonly #due: Due[] = [];
  readonly #known = new Set<string>();
  /** Pods that somebody else runs, by name. */
  readonly #foreign = new Set<string>();
  /** Indexes of Jobs whose Pods end badly. */
  readonly #failing = new Set<string>();
  #bound = 0;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#watch = store.watch('Pod', ({ type, object }) => {
      if (type !== 'DELETED') this.#see(object);
    });
  }

  get isBusy(): boolean {
    return this.#due.length > 0;
  }

  /** Leaves starting the Pod of this name to others. */
  ignore(name: string): void {
    this.#foreign.add(name);
  }

  /** Lets Pods of an Indexed Job that have this index end badly. */
  failIndex(index: number): void {
    this.#failing.add(String(index));
  }

  /** Takes the next step that is due; one at a time, so that controllers see each. @returns whether there was one */
  step(): boolean {
    const now = this.#clock.now();
    const next = this.#due.findIndex(({ at }) => at <= now);
    const [due] = next === -1 ? [] : this.#due.splice(next, 1);
    if (due === undefined) return false;
    const pod = this.#store.list('Pod').find(({ metadata }) => metadata.uid === due.uid);
    if (pod !== undefined) due.step(pod);
    return true;
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #see(pod: Pod): void {
    const { name, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) {
      this.#once('stop', pod, { afterMs: STOP_MS, step: (present) => this.#stop(present) });
      return;
    }
    if (this.#foreign.has(name)) return;
    this.#once('bind', pod, { afterMs: 0, step: (present) => this.#bind(present) });
  }

  /** Does something of a kind with a Pod once. */
  #once(what: string, pod: Pod, { afterMs, step }: { afterMs: number; step: Step }): void {
    const { uid = '' } = pod.metadata;
    const key = `${uid} ${what}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#due.push({ at: this.#clock.now() + afterMs, uid, step });
  }

  #bind(pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    const node = pinnedTo(pod) ?? `k${(this.#bound++ % 3) + 1}`;
    const spec = { ...pod.spec, nodeName: pod.spec?.nodeName || node };
    this.#store.update({ ...pod, spec });
    this.#once('run', pod, { afterMs: START_MS, step: (present) => this.#run(present) });
  }

  #run(pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    const image = pod.spec?.containers[0]?.image ?? '';
    if (image === 'pending') return;
    const isJob = image.startsWith('job-');
    this.#write(pod, 'Running', !isJob && image !== 'bad');
    if (image === 'job-ok' || image === 'job-fail') this.#endLater(pod);
  }

  #endLater(pod: Pod): void {
    const index = pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? '';
    const isBad = pod.spec?.containers[0]?.image === 'job-fail' || this.#failing.has(index);
    const phase = isBad ? 'Failed' : 'Succeeded';
    const step: Step = (present) => this.#write(present, phase, false);
    this.#once('end', pod, { afterMs: START_MS, step });
  }

  #write(pod: Pod, phase: string, isReady: boolean): void {
    const time = formatTime(this.#clock.now());
    const exitCode = { Succeeded: 0, Failed: 1 }[phase];
    const status = {
      ...pod.status,
      phase,
      startTime: pod.status?.startTime ?? time,
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: time }],
      ...(exitCode !== undefined && {
        containerStatuses: [
          {
            name: pod.spec?.containers[0]?.name ?? '',
            image: '',
            imageID: '',
            ready: false,
            restartCount: 0,
            state: { terminated: { exitCode, finishedAt: time } },
          },
        ],
      }),
    };
    this.#store.update({ ...pod, status }, { subresource: 'status' });
  }

  #stop({ metadata }: Pod): void {
    const { name, namespace = '' } = metadata;
    this.#store.delete({ kind: 'Pod', namespace, name }, { gracePeriodSeconds: 0 });
  }
}

function pinnedTo({ spec }: Pod): string | undefined {
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];
}
