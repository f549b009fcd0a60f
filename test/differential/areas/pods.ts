/** Steps that do what schedulers and kubelets do, the same on both sides. */
import type { Dice } from '../../fuzz/target.ts';
import type { Stage, Step } from '../script.ts';
import type { ApiObject } from '../side.ts';

const PODS = '/api/v1/namespaces/NS/pods';
const NODES = ['n1', 'n2', 'n3'];

export type PodState = 'ready' | 'unready' | 'succeeded' | 'failed' | 'bound';

/** Which Pods a step is about. */
export interface PodChoice {
  /** The label `app` of the Pods. */
  readonly app: string;
  /** How many, the oldest runs first. @default all */
  readonly count?: number;
  /** Whether Pods that no kubelet has seen are meant, or those that run. */
  readonly which: 'new' | 'running' | 'leaving';
  /** How many of them are passed over. @default 0 */
  readonly skip?: number;
}

/** Gives Pods a Node and an address where they have none, and a status. */
export function setPods(choice: PodChoice, state: PodState): Step {
  return {
    says: `kubelet: ${JSON.stringify(choice)} becomes ${state}`,
    act: async (stage) => {
      const pods = await choose(stage, choice);
      for (const pod of pods) await setPod(stage, pod, state);
    },
  };
}

/** Deletes Pods as a user, or to the end as a kubelet. */
export function removePods(choice: PodChoice): Step {
  const query = choice.which === 'leaving' ? '?gracePeriodSeconds=0' : '';
  return {
    says: `remove ${JSON.stringify(choice)}`,
    act: async (stage) => {
      const pods = await choose(stage, choice);
      for (const { metadata } of pods)
        await stage.ask({ method: 'DELETE', path: `${PODS}/${metadata.name}${query}` });
    },
  };
}

/** Changes Pods by a merge patch. */
export function patchPods(choice: PodChoice, body: object): Step {
  return {
    says: `patch ${JSON.stringify(choice)} ${JSON.stringify(body)}`,
    act: async (stage) => {
      const pods = await choose(stage, choice);
      for (const { metadata } of pods)
        await stage.ask({ method: 'PATCH', path: `${PODS}/${metadata.name}`, body });
    },
  };
}

/** Lets time pass. */
export function wait(seconds: number): Step {
  return {
    says: `wait ${seconds} s`,
    act: () => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
  };
}

interface PodStatus {
  readonly podIP?: string;
  readonly phase?: string;
  readonly startTime?: string;
}

async function choose(
  { ask }: Stage,
  { app, which, skip = 0, count = Infinity }: PodChoice,
): Promise<readonly ApiObject[]> {
  const path = `${PODS}?labelSelector=app%3D${app}`;
  const { body } = await ask({ method: 'GET', path });
  return (body.items ?? [])
    .filter((pod) => kindOf(pod) === which)
    .toSorted((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1))
    .slice(skip, skip + count);
}

function kindOf(pod: ApiObject): PodChoice['which'] | 'ended' {
  const { podIP, phase } = statusOf(pod);
  if (pod.metadata.deletionTimestamp !== undefined) return 'leaving';
  if (phase === 'Succeeded' || phase === 'Failed') return 'ended';
  return podIP === undefined ? 'new' : 'running';
}

function statusOf(pod: ApiObject): PodStatus {
  const status: PodStatus = pod['status'] ?? {}; // as the API serves Pods
  return status;
}

interface PodSpec {
  readonly nodeName?: string;
  readonly containers: readonly { readonly name: string; readonly image: string }[];
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms: readonly {
          readonly matchFields?: readonly { readonly values: readonly string[] }[];
        }[];
      };
    };
  };
}

function specOf(pod: ApiObject): PodSpec {
  return pod['spec'] as PodSpec; // as the API serves Pods
}

/** The same order on both sides, whatever names were made up. */
function rankOf(pod: ApiObject): string {
  const { labels = {}, annotations = {}, name } = pod.metadata;
  const [, , third = '0', last = '0'] = statusOf(pod).podIP?.split('.') ?? [];
  const made = labels['apps.kubernetes.io/pod-index'] === undefined ? '' : name;
  return [
    third.padStart(3, '0'),
    last.padStart(3, '0'),
    specOf(pod).containers[0]?.image ?? '',
    annotations['batch.kubernetes.io/job-completion-index'] ?? '',
    pinOf(pod) ?? '',
    made,
  ].join(' ');
}

function pinOf(pod: ApiObject): string | undefined {
  const required =
    specOf(pod).affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms[0]?.matchFields?.[0]?.values[0];
}

async function setPod(stage: Stage, pod: ApiObject, state: PodState): Promise<void> {
  const path = `${PODS}/${pod.metadata.name}`;
  const spec = specOf(pod);
  const present = statusOf(pod);
  const number = present.podIP === undefined ? next(stage) : 0;
  if (spec.nodeName === undefined) {
    const name = pinOf(pod) ?? NODES[number % NODES.length];
    const target = { kind: 'Node', apiVersion: 'v1', name };
    const body = { metadata: { name: pod.metadata.name }, target };
    await stage.ask({ method: 'POST', path: `${path}/binding`, body });
  }
  if (state === 'bound') return;
  const podIP = present.podIP ?? `10.244.${number >> 7}.${(number & 127) + 1}`;
  const now = new Date().toISOString().replace(/\.\d+/, '');
  const status = { ...statusFor(state, spec, now), podIP, podIPs: [{ ip: podIP }] };
  const startTime = present.startTime ?? now;
  const body = { status: { ...status, startTime } };
  await stage.ask({ method: 'PATCH', path: `${path}/status`, body });
}

function next({ counters }: Stage): number {
  const number = (counters.get('pods') ?? 0) + 1;
  counters.set('pods', number);
  return number;
}

const PHASES: Readonly<Record<PodState, string>> = {
  ready: 'Running',
  unready: 'Running',
  bound: 'Pending',
  succeeded: 'Succeeded',
  failed: 'Failed',
};

function statusFor(state: PodState, { containers }: PodSpec, now: string): object {
  const phase = PHASES[state];
  const isReady = state === 'ready';
  const exitCode = state === 'failed' ? 3 : 0;
  const isOver = phase !== 'Running';
  const terminated = { exitCode, reason: 'Completed', startedAt: now, finishedAt: now };
  return {
    phase,
    conditions: [
      { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: now },
      { type: 'ContainersReady', status: isReady ? 'True' : 'False', lastTransitionTime: now },
    ],
    containerStatuses: containers.map(({ name, image }) => ({
      name,
      image,
      imageID: '',
      ready: isReady,
      restartCount: 0,
      state: isOver ? { terminated } : { running: { startedAt: now } },
    })),
  };
}

/** What new Pods become, or the end of those that leave. */
export function kubelets(dice: Dice, app: string): Step {
  const some = dice.once(3) && { count: dice.between(1, 3) };
  const state = dice.pick(['ready', 'ready', 'ready', 'ready', 'unready', 'bound'] as const);
  return dice.once(3)
    ? removePods({ app, which: 'leaving' })
    : setPods({ app, which: 'new', ...some }, state);
}

/** Objects without what depends on the pace of a run, and on which of equal Pods is meant. */
export function loosenOwners(kind: string, objects: readonly ApiObject[]): readonly ApiObject[] {
  return objects.map(({ metadata, ...object }): ApiObject => {
    const plain = { ...object, metadata: { ...metadata, generation: 0 } };
    if (kind === 'Event') {
      const message = String(object['message']);
      return { ...plain, message: message.replace(/from \d+ to \d+/, 'from N to N') };
    }
    const status = (object['status'] ?? {}) as Readonly<Record<string, unknown>>; // an object, where there is one
    if (kind !== 'Pod') return { ...plain, status: { ...status, observedGeneration: 0 } };
    const { nodeName: _nodeName, ...spec } = specOf(plain);
    return { ...plain, spec, status: { phase: status['phase'] } };
  });
}

/** Which of several Nodes comes first in an update is up to the order of a Go map. */
export function withoutPin(kind: string, object: ApiObject): ApiObject {
  if (kind !== 'Pod') return object;
  const { affinity: _pin, ...spec } = object['spec'] as { readonly affinity?: object }; // Pods have one
  return { ...object, spec };
}
