/** Scenarios whose `cases` plant Pods that differ in one thing, and tell which of them a ReplicaSet gives up first. */
import { formatTime, type KubeObject } from '../../../../../src/api/index.ts';
import { canonical } from '../expectation.ts';
import { playOf } from './actions.ts';
import { deploymentOf, replicaSet } from './manifests.ts';
import { compareEvents, type Difference } from './play.ts';
import type { Scenario } from './scenario.ts';
import { Stage } from './stage.ts';

interface VictimCase {
  readonly pods: Readonly<Record<string, VictimPod>>;
  readonly deletedInOrder: readonly (readonly string[])[];
  /** `strict`, `legal: a,c,b or b,c,a`, or `any order`. */
  readonly orderNote: string;
}

/** What a Pod has; ages in seconds. */
interface VictimPod {
  readonly ready?: boolean;
  readonly phase?: string;
  readonly unbound?: boolean;
  readonly cost?: string;
  readonly node?: string;
  readonly readyAge?: number;
  readonly age?: number;
  readonly restarts?: number;
}

export async function playVictims(
  name: string,
  scenario: Scenario,
): Promise<readonly Difference[]> {
  await using stage = new Stage(name);
  const differences: Difference[] = [];
  // What a scenario of this form keeps under `cases`.
  const cases = scenario['cases'] as Readonly<Record<string, VictimCase>>;
  for (const [index, [title, row]] of Object.entries(cases).entries()) {
    const deleted = await deletedInOrder(stage, { title, row, name: `v${index}` });
    const legal = legalOrders(row);
    const isLegal =
      legal.length === 0 || legal.some((one) => canonical(one) === canonical(deleted));
    if (!isLegal) differences.push({ where: title, expected: legal, actual: deleted });
  }
  return [...differences, ...compareEvents(playOf(scenario, stage))];
}

/** Nothing where any order will do. */
function legalOrders({ deletedInOrder: recorded, orderNote }: VictimCase): readonly unknown[] {
  if (orderNote.startsWith('any')) return [];
  const [, legal] = /^legal: (.*)$/.exec(orderNote) ?? [];
  return legal === undefined
    ? [recorded]
    : legal.split(' or ').map((order) => order.split(',').map((pod) => [pod]));
}

interface Planted {
  readonly title: string;
  readonly name: string;
  readonly row: VictimCase;
}

async function deletedInOrder(stage: Stage, planted: Planted): Promise<readonly unknown[]> {
  const { name, row, title } = planted;
  const letters = Object.keys(row.pods);
  plantPods(stage, planted);
  const isOwned = title.startsWith('ReplicaSet of a Deployment');
  const labels = { app: name };
  const owner = isOwned
    ? stage.create({
        ...deploymentOf(name, { replicas: letters.length, paused: true }, labels),
      })
    : undefined;
  stage.create(ownedBy(replicaSet(name, letters.length, name), owner));
  await stage.settled();
  const order: (readonly string[])[] = [];
  for (let replicas = letters.length - 1; replicas >= 0; replicas -= 1) {
    const before = liveLetters(stage, name);
    stage.edit(isOwned ? 'Deployment' : 'ReplicaSet', name, (object) => ({
      ...object,
      spec: { ...object.spec, replicas },
    }));
    await stage.settled();
    const after = liveLetters(stage, name);
    order.push(before.filter((letter) => !after.includes(letter)));
  }
  return order;
}

function ownedBy(object: object, owner: KubeObject | undefined): object {
  if (owner === undefined) return object;
  const { apiVersion, kind, metadata } = owner;
  const { metadata: own } = object as KubeObject;
  const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
  return { ...object, metadata: { ...own, ownerReferences: [reference] } };
}

/** The oldest first, so that each has its age once all are there. */
function plantPods(stage: Stage, { name, row }: Planted): void {
  const oldestFirst = Object.entries(row.pods).toSorted(([, a], [, b]) => ageOf(b) - ageOf(a));
  let left = ageOf(oldestFirst[0]?.[1] ?? {});
  for (const [letter, pod] of oldestFirst) {
    stage.clock.advance((left - ageOf(pod)) * 1000);
    left = ageOf(pod);
    stage.kubelet.ignore(`${name}${letter}`);
    stage.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${name}${letter}`,
        labels: { app: name },
        ...(pod.cost !== undefined && {
          annotations: { 'controller.kubernetes.io/pod-deletion-cost': pod.cost },
        }),
      },
      spec: {
        containers: [{ name: 'c', image: 'v1' }],
        ...(pod.unbound !== true && { nodeName: pod.node ?? 'k1' }),
      },
    });
  }
  stage.clock.advance(left * 1000);
  for (const [letter, pod] of oldestFirst) setStatus(stage, `${name}${letter}`, pod);
}

function ageOf({ age = 0 }: VictimPod): number {
  return age;
}

function setStatus(stage: Stage, name: string, pod: VictimPod): void {
  const { ready = true, phase = 'Running', readyAge = 60, restarts = 0 } = pod;
  const lastTransitionTime = formatTime(stage.clock.now() - readyAge * 1000);
  stage.setPodStatus(stage.get('Pod', name), {
    phase,
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }],
    containerStatuses: [{ name: 'c', image: 'v1', imageID: '', ready, restartCount: restarts }],
  });
}

function liveLetters(stage: Stage, name: string): readonly string[] {
  return stage
    .list('Pod')
    .filter(
      ({ metadata }) =>
        metadata.labels?.['app'] === name && metadata.deletionTimestamp === undefined,
    )
    .map(({ metadata }) => metadata.name.slice(name.length));
}
