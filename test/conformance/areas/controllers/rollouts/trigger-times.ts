/** Scenarios whose `steps` change a Service's Pods at given times and look at what its slices say of it. */
import { formatTime, type Pod } from '../../../../../src/api/index.ts';
import { canonical } from '../expectation.ts';
import type { Difference } from './play.ts';
import type { Scenario } from './scenario.ts';
import { Stage } from './stage.ts';

type Step = readonly [name: string, expected: unknown];

const TRIGGER = 'endpoints.kubernetes.io/last-change-trigger-time';
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;

export async function playTriggerTimes(
  name: string,
  scenario: Scenario,
): Promise<readonly Difference[]> {
  await using stage = new Stage(name);
  const differences: Difference[] = [];
  // What a scenario of this form keeps under `steps`.
  for (const [label, expected] of scenario['steps'] as readonly Step[]) {
    takeStep(stage, label);
    await stage.settled();
    const actual = stage
      .list('EndpointSlice')
      .map(({ metadata, endpoints = [] }) => [
        metadata.annotations?.[TRIGGER] ?? null,
        endpoints.length,
      ]);
    if (canonical(expected) !== canonical(actual))
      differences.push({ where: label, expected, actual });
  }
  return differences;
}

function takeStep(stage: Stage, label: string): void {
  const [time = ''] = TIME.exec(label) ?? [];
  if (label.startsWith('service created')) {
    stage.clock.advance(Date.parse(time) - stage.clock.now());
    stage.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    });
    return;
  }
  const [, gone] = /^pod (\w+) deleted/.exec(label) ?? [];
  if (gone !== undefined) {
    stage.store.delete(
      { kind: 'Pod', namespace: stage.namespace, name: gone },
      { gracePeriodSeconds: 0 },
    );
    return;
  }
  const pairs = label.matchAll(/(\w+) (?:ready since )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)/g);
  for (const [, pod = '', since = ''] of pairs) plantPod(stage, pod, Date.parse(since));
}

function plantPod(stage: Stage, name: string, since: number): void {
  stage.clock.advance(Math.max(0, since - stage.clock.now()));
  stage.kubelet.ignore(name);
  const planted = stage.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'web' } },
    spec: { nodeName: 'k1', containers: [{ name: 'c', image: 'v1' }] },
  });
  const ip = `10.244.0.${stage.list('Pod').length}`;
  // The store gave back what it was given, which is a Pod.
  stage.setPodStatus(planted as unknown as Pod, {
    phase: 'Running',
    podIP: ip,
    podIPs: [{ ip }],
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(since) }],
  });
}
