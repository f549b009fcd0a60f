import { formatTime, type Pod, type Taint } from '../../../../../src/api/index.ts';
import {
  failingIndexes,
  firstObjects,
  limitsIn,
  MAIN_NAMES,
  mainKindOf,
  replicaSet,
  type MainKind,
} from './manifests.ts';
import type { Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

/** What a user does, and what the scenario remembers of it for its snapshots. */
export interface Play {
  readonly scenario: Scenario;
  readonly stage: Stage;
  readonly kind: MainKind;
  /** What is being done. */
  readonly phase: string;
  /** What snapshots ask for that is no state: answers of the API, names of Pods that went. */
  readonly remembered: Map<string, unknown>;
}

type Action = (play: Play, ...words: readonly string[]) => void | Promise<void>;

/** What phases are called, and what is done in them; the first that fits. */
const ACTIONS: readonly (readonly [name: RegExp, action: Action])[] = [
  [/^create/, create],
  [/^scale (?:\d+->)?(\d+)/, (play, replicas) => edit(play, { replicas: Number(replicas) })],
  [/^image (?:\S+->)?(\S+)/, setImage],
  [/^limit (\d+)/, (play, limit) => edit(play, { revisionHistoryLimit: Number(limit) })],
  [/^(?:paused=true|pause)/, (play) => edit(play, { paused: true })],
  [/^resume/, (play) => edit(play, play.kind === 'Job' ? { suspend: false } : { paused: false })],
  [/^suspend/, (play) => edit(play, { suspend: true })],
  [/^deadline/, (play) => edit(play, { suspend: false, activeDeadlineSeconds: 2 })],
  [/^(?:partition|maxSurge|maxUnavailable) /, (play) => edit(play, {})],
  [/^restart/, restart],
  [/^undo(?: to (?:revision )?(\S+))?/, undo],
  [/^DELETE propagationPolicy=(\w+)/, deleteOwner],
  [/^DELETE namespace/, deleteNamespace],
  [/^finalizer removed/, removeFinalizers],
  [/^rs (\d+)/, ({ stage }, replicas) => void stage.create(replicaSet('r', Number(replicas)))],
  [/^label taken away/, (play) => setLabel(play, undefined)],
  [/^label given back/, (play) => setLabel(play, 'web')],
  [/^(?:delete (\S+)$|pod (\S+) deleted)/, (play, a = '', b = '') => deletePod(play, a || b)],
  [/^stuck pod deleted/, (play) => deletePod(play, stuckPod(play))],
  [/^its pod deleted/, (play) => deletePod(play, daemonOn(play, lastTainted(play)))],
  [/^pod on (\S+) Failed/, (play, node = '') => failPod(play, daemonOn(play, node))],
  [/^pod Failed/, (play) => failPod(play, firstPod(play))],
  [/^node (\S+) added/, ({ stage }, node = '') => stage.addNode(node)],
  [
    /^node (\S+) removed/,
    ({ stage }, name = '') => void stage.store.delete({ kind: 'Node', name }),
  ],
  [/^(\S+) cordoned/, ({ stage }, node = '') => setNode(stage, node, { unschedulable: true })],
  [/^(\S+) tainted (\S+:\w+)/, taint],
  [/^taints gone/, removeTaints],
  [/^nodeSelector nothing/, (play) => editTemplate(play, { nodeSelector: { nowhere: 'true' } })],
];

/** Does what a phase is called. @throws Error where that is not understood. */
export async function act(play: Play, phase: string): Promise<void> {
  for (const [name, action] of ACTIONS) {
    const words = name.exec(phase);
    if (words === null) continue;
    return action({ ...play, phase }, ...words.slice(1));
  }
  throw new Error(`phase ${phase} is not understood`);
}

/** A play that has not begun. */
export function playOf(scenario: Scenario, stage: Stage): Play {
  return { scenario, stage, kind: mainKindOf(scenario), phase: '', remembered: new Map() };
}

function create({ scenario, stage }: Play): void {
  for (const index of failingIndexes(scenario)) stage.kubelet.failIndex(index);
  for (const object of firstObjects(scenario)) stage.create(object);
}

interface LooseSpec {
  readonly spec?: { readonly template?: { readonly spec?: object; readonly metadata?: object } };
  readonly metadata: object;
}

/** Changes the main object's spec. */
function edit(play: Play, changes: object, annotations?: object): void {
  const { stage, kind } = play;
  stage.edit(kind, MAIN_NAMES[kind], (object) => {
    const { spec, metadata } = object as LooseSpec;
    const { annotations: present } = metadata as { readonly annotations?: object };
    return {
      ...object,
      ...(annotations && {
        metadata: { ...metadata, annotations: { ...present, ...annotations } },
      }),
      spec: { ...spec, ...changes, ...strategyIn(play) },
    };
  });
}

function editTemplate(play: Play, podSpec: object, annotations?: object): void {
  const { template } = templateOf(play);
  edit(play, { template: { ...template, spec: { ...template?.spec, ...podSpec } } }, annotations);
}

function templateOf({ stage, kind }: Play): NonNullable<LooseSpec['spec']> {
  return (stage.get(kind, MAIN_NAMES[kind]) as LooseSpec).spec ?? {};
}

/** Where the scenario keeps a history, each change says its cause. */
function setImage(play: Play, image = ''): void {
  const cause = { 'kubernetes.io/change-cause': `to ${image}` };
  const hasCauses = JSON.stringify(play.scenario['history'] ?? '').includes('change-cause');
  editTemplate(play, { containers: [{ name: 'c', image }] }, hasCauses ? cause : undefined);
}

function restart(play: Play): void {
  const { template } = templateOf(play);
  const annotations = { 'kubectl.kubernetes.io/restartedAt': formatTime(play.stage.clock.now()) };
  edit(play, { template: { ...template, metadata: { ...template?.metadata, annotations } } });
}

/** As `kubectl rollout undo`: the template of a former ReplicaSet, the last one unless told otherwise, without its hash. */
function undo(play: Play, wanted?: string): void {
  if (wanted?.startsWith('v') === true) return setImage(play, wanted);
  const numbered = play.stage
    .list('ReplicaSet')
    .map(({ metadata, spec }) => ({
      revision: Number(metadata.annotations?.['deployment.kubernetes.io/revision']),
      template: spec?.template,
    }))
    .toSorted((a, b) => b.revision - a.revision);
  const found =
    wanted === undefined
      ? numbered[1]
      : numbered.find(({ revision }) => revision === Number(wanted));
  const { 'pod-template-hash': _hash, ...labels } = found?.template?.metadata?.labels ?? {};
  const metadata = { ...found?.template?.metadata, labels };
  edit(play, { template: { ...found?.template, metadata } });
}

/** A phase may change how updates go: `image v2, partition 2`, `partition 2->0`, `maxSurge 1`. */
function strategyIn({ kind, phase }: Play): object {
  const rollingUpdate = limitsIn(phase, kind);
  if (Object.keys(rollingUpdate).length === 0) return {};
  const strategy = { type: 'RollingUpdate', rollingUpdate };
  return kind === 'Deployment' ? { strategy } : { updateStrategy: strategy };
}

async function deleteOwner({ stage, kind, remembered }: Play, policy = ''): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${stage.namespace}/${kind.toLowerCase()}s/${MAIN_NAMES[kind]}`;
  const { code, body } = await stage.ask('DELETE', `${path}?propagationPolicy=${policy}`);
  const { finalizers = null, deletionTimestamp } = (body['metadata'] ?? {}) as {
    readonly finalizers?: readonly string[] | null;
    readonly deletionTimestamp?: string;
  };
  const isStatus = body['kind'] === 'Status';
  remembered.set('response', {
    code,
    kind: body['kind'],
    status: isStatus ? body['status'] : null,
    finalizers,
    deletionTimestamp: deletionTimestamp !== undefined,
  });
}

async function deleteNamespace({ stage, remembered }: Play): Promise<void> {
  const { code, body } = await stage.ask('DELETE', `/api/v1/namespaces/${stage.namespace}`);
  const { status, spec } = body as {
    readonly status?: { readonly phase?: string };
    readonly spec?: { readonly finalizers?: readonly string[] };
  };
  const finalizers = spec?.finalizers;
  remembered.set('response', { code, kind: body['kind'], phase: status?.phase, finalizers });
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };
  const path = `/api/v1/namespaces/${stage.namespace}/configmaps`;
  const refusal = await stage.ask('POST', path, configMap);
  const { reason, message, details } = refusal.body as {
    readonly reason?: string;
    readonly message?: string;
    readonly details?: { readonly causes?: unknown };
  };
  remembered.set('createWhileTerminating', {
    code: refusal.code,
    reason,
    message,
    causes: details?.causes,
  });
}

function removeFinalizers({ stage }: Play): void {
  for (const { metadata } of stage.list('ConfigMap'))
    stage.edit('ConfigMap', metadata.name, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: [] },
    }));
}

function setLabel({ stage, remembered }: Play, app: string | undefined): void {
  const name = remembered.get('bare') ?? stage.list('Pod')[0]?.metadata.name;
  if (typeof name !== 'string') throw new Error('no Pod to label');
  remembered.set('bare', name);
  stage.edit('Pod', name, (pod) => ({
    ...pod,
    metadata: { ...pod.metadata, labels: app === undefined ? {} : { app } },
  }));
}

function deletePod({ stage }: Play, name: string): void {
  stage.store.delete({ kind: 'Pod', namespace: stage.namespace, name });
}

function failPod({ stage, remembered }: Play, name: string): void {
  remembered.set('failed', name);
  const time = formatTime(stage.clock.now());
  stage.setPodStatus(stage.get('Pod', name), {
    phase: 'Failed',
    conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: time }],
  });
}

function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  );
}

function stuckPod({ stage }: Play): string {
  return stage.list('Pod').find((pod) => !isReady(pod))?.metadata.name ?? '';
}

function firstPod({ stage }: Play): string {
  return stage.list('Pod').find(isReady)?.metadata.name ?? '';
}

function daemonOn({ stage }: Play, node: string): string {
  return stage.list('Pod').find(({ spec }) => spec?.nodeName === node)?.metadata.name ?? '';
}

function lastTainted({ remembered }: Play): string {
  const node = remembered.get('tainted');
  return typeof node === 'string' ? node : '';
}

function setNode(stage: Stage, name: string, spec: object): void {
  stage.edit('Node', name, (node) => ({ ...node, spec: { ...node.spec, ...spec } }));
}

function taint({ stage, remembered }: Play, node = '', text = ''): void {
  const [key = '', effect = ''] = text.split(':');
  const taints: readonly Taint[] = [
    ...(stage.get('Node', node).spec?.taints ?? []),
    { key, effect },
  ];
  setNode(stage, node, { taints });
  remembered.set('tainted', node);
}

function removeTaints({ stage }: Play): void {
  for (const { metadata } of stage.store.list('Node'))
    setNode(stage, metadata.name, { taints: [] });
}
