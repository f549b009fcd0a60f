import { createFakeClock, type FakeClock } from '../../../../../src/observe/index.ts';
import type { CaseResult } from '../../../area.ts';
import type { AffinityCase, AffinityStep } from '../affinity.ts';
import type { EndpointFacts, ServiceFacts, World } from '../world.ts';
import { askInProcess, type Answer } from './ask.ts';
import { startWorld, type RunningWorld } from './cluster.ts';

/** So many clusters with other picks play a sequence: what is free must differ between them, what is bound must not. */
const SEEDS = 10;
const PORTS = [80, 443];

/** Plays one sequence with real connections through whole clusters whose clock is moved on. */
export async function playRunningAffinity(row: AffinityCase, world: World): Promise<CaseResult> {
  const { id, steps = [], timeoutSeconds = 10_800 } = row;
  const title = `${row.title} (connections)`;
  const picked = steps.map((): string[] => []);
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    await using sequence = await Sequence.start(world, { seed, timeoutSeconds });
    for (const [index, step] of steps.entries()) {
      const { endpoint, fits } = await sequence.play(step);
      if (!fits) return { id, title, ok: false, expected: step, actual: endpoint };
      picked[index]?.push(endpoint ?? '');
    }
  }
  for (const [index, step] of steps.entries())
    if (
      step.expect === 'any' &&
      picked[index]?.every((endpoint, at) => endpoint === picked[0]?.[at])
    )
      return { id, title, ok: false, expected: step, actual: 'the first endpoint every time' };
  return { id, title, ok: true };
}

class Sequence implements AsyncDisposable {
  readonly #running: RunningWorld;
  readonly #clock: FakeClock;
  readonly #world: World;
  readonly #endpoints: readonly EndpointFacts[];
  readonly #named = new Map<string, string>();
  readonly #startedAt: number;

  static async start(
    world: World,
    { seed, timeoutSeconds }: { readonly seed: number; readonly timeoutSeconds: number },
  ): Promise<Sequence> {
    const clock = createFakeClock();
    const endpoints = endpointsOf(world);
    const running = await startWorld(world, {
      service: serviceOf(world, timeoutSeconds),
      extraPorts: PORTS.slice(1),
      endpoints,
      pods: [{ ip: clientOf(world), node: Object.keys(world.nodes)[0] ?? '' }],
      moreAddresses: {},
      zones: {},
      options: { clock, seed },
    });
    return new Sequence({ running, clock, world, endpoints });
  }

  constructor(parts: {
    readonly running: RunningWorld;
    readonly clock: FakeClock;
    readonly world: World;
    readonly endpoints: readonly EndpointFacts[];
  }) {
    this.#running = parts.running;
    this.#clock = parts.clock;
    this.#world = parts.world;
    this.#endpoints = parts.endpoints;
    this.#startedAt = parts.clock.now();
  }

  async play(step: AffinityStep): Promise<{ readonly endpoint?: string; readonly fits: boolean }> {
    this.#clock.advance(this.#startedAt + (step.t ?? 0) * 1000 - this.#clock.now());
    if (step.event !== undefined) {
      await this.#happen(step.event);
      return { fits: true };
    }
    const answer = await this.#connect(step);
    const endpoint =
      answer.kind === 'answered'
        ? (this.#running.rowAddressOf(answer.hostname) ?? answer.hostname)
        : answer.kind;
    if (step.pick !== undefined) this.#named.set(step.pick, endpoint);
    return { endpoint, fits: answer.kind === 'answered' && this.#fits(step.expect, endpoint) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]();
  }

  #fits(expected: string | undefined, endpoint: string): boolean {
    if (expected === undefined || expected === 'any') return true;
    const [, not, name = ''] = /^(not )?(.+)$/.exec(expected) ?? [];
    return (this.#named.get(name) === endpoint) === (not === undefined);
  }

  async #happen(event: string): Promise<void> {
    const name = /^(\S+) not ready$/.exec(event)?.[1];
    if (name === undefined) throw new Error(`what is "${event}"?`);
    const away = this.#named.get(name);
    await this.#running.putEndpoints(
      this.#endpoints.map((endpoint) =>
        endpoint.ip === away ? { ...endpoint, ready: false, serving: false } : endpoint,
      ),
    );
  }

  async #connect({
    client,
    sport = 40_000,
    port = 80,
    via = 'clusterIP',
  }: AffinityStep): Promise<Answer> {
    const { vips, nodes, nodePort } = this.#world;
    const [node = ''] = Object.keys(nodes);
    const ip = nodes[node]?.ip ?? '';
    const address = {
      clusterIP: vips.clusterIP,
      nodePort: ip,
      loadBalancerIP: vips.loadBalancerIP,
    }[via];
    const number = via === 'nodePort' ? nodePort + PORTS.indexOf(port) : port;
    return askInProcess(this.#running.cluster, {
      protocol: 'TCP',
      source: { address: this.#running.actual(client ?? clientOf(this.#world)), port: sport },
      destination: { address, port: number },
      origin: { kind: 'pod', namespace: 'default', name: 'client' },
      node,
    });
  }
}

/** The first Node's .99, as the table's rows have it. */
function clientOf({ nodes }: World): string {
  const [first] = Object.values(nodes);
  return (first?.podCIDR ?? '').replace(/\d+\/.*$/, '99');
}

/** One on each Node. */
function endpointsOf({ nodes }: World): readonly EndpointFacts[] {
  return Object.entries(nodes).map(([node, { zone, podCIDR }]) => ({
    ip: podCIDR.replace(/\d+\/.*$/, '11'),
    node,
    zone,
    ready: true,
    serving: true,
    terminating: false,
  }));
}

function serviceOf({ vips, nodePort }: World, timeoutSeconds: number): ServiceFacts {
  return {
    type: 'LoadBalancer',
    clusterIP: vips.clusterIP,
    port: PORTS[0] ?? 80,
    protocol: 'TCP',
    portName: `p${PORTS[0]}`,
    nodePort,
    loadBalancerIngress: [{ ip: vips.loadBalancerIP }],
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds } },
  };
}
