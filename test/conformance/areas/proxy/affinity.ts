import {
  createLaxStore,
  nodeObject,
  put,
  serviceObject,
  sliceObject,
} from '../../../proxy/world.ts';
import {
  createDatapath,
  createDatapathView,
  type Datapath,
} from '../../../../src/datapath/index.ts';
import { createAddressPlan, createDuplexPair } from '../../../../src/net/index.ts';
import { createFakeClock, type FakeClock } from '../../../../src/observe/index.ts';
import type { Store } from '../../../../src/api/index.ts';
import type { CaseResult } from '../../area.ts';

/** Connections in time, and which endpoint each must reach. */
export interface AffinityCase {
  readonly id: string;
  readonly title: string;
  readonly timeoutSeconds?: number;
  readonly steps?: readonly AffinityStep[];
}

/** A connection, or an event, and when. */
export interface AffinityStep {
  /** Seconds since the start. */
  readonly t?: number;
  readonly client?: string;
  readonly sport?: number;
  readonly port?: number;
  readonly via?: 'clusterIP' | 'nodePort' | 'loadBalancerIP';
  /** What this step's endpoint is called from now on. */
  readonly pick?: string;
  /** `X`: the same; `not X`: another; `any`: the client is free, so all endpoints come up. */
  readonly expect?: string;
  /** `X not ready` */
  readonly event?: string;
}

const PORTS = [80, 443];
const NODE_PORT = 30_080;
const ENDPOINTS = ['10.244.1.11', '10.244.2.11', '10.244.3.11'];
const LOAD_BALANCER_IP = '203.0.113.80';
/** Enough different random numbers to reach every endpoint. */
const SPREAD = [0.01, 0.34, 0.67, 0.99];

/** Plays one sequence for each endpoint that may be picked first. */
export async function playAffinity(row: AffinityCase): Promise<CaseResult> {
  const { id, title, steps } = row;
  if (steps === undefined)
    return {
      id,
      title,
      ok: false,
      skipped:
        'the row is prose; test/datapath/connect.test.ts and test/proxy/select-endpoint.test.ts play it',
    };
  for (const first of SPREAD) {
    const failure = await new Sequence(row.timeoutSeconds ?? 10_800).play(steps, first);
    if (failure !== undefined) return { id, title, ok: false, ...failure };
  }
  return { id, title, ok: true };
}

/** One cluster with an affine Service, and the endpoints that steps gave names to. */
class Sequence {
  readonly #store: Store = createLaxStore();
  readonly #clock: FakeClock = createFakeClock(0);
  readonly #named = new Map<string, string>();
  readonly #dialled: string[] = [];
  readonly #datapath: Datapath;
  #notReady: string | undefined;
  #random = 0;

  constructor(timeoutSeconds: number) {
    for (const [index, address] of ['10.0.0.11', '10.0.0.12', '10.0.0.13'].entries())
      put(this.#store, nodeObject(`n${index + 1}`, [address]));
    put(this.#store, serviceOf(timeoutSeconds));
    this.#writeSlices();
    const view = createDatapathView(this.#store, {
      plan: createAddressPlan({ podCIDRs: ['10.250.0.0/16'] }),
    });
    this.#datapath = createDatapath({
      view,
      dialPod: async () => createDuplexPair()[0],
      associatePod: () => {
        throw new Error('no UDP here');
      },
      random: () => this.#random,
      clock: this.#clock,
      onDecision: (_flow, decision) => {
        if (decision.kind === 'deliver') this.#dialled.push(decision.flow.destination.address);
      },
    });
  }

  async play(
    steps: readonly AffinityStep[],
    first: number,
  ): Promise<{ expected: unknown; actual: unknown } | undefined> {
    for (const step of steps) {
      this.#clock.advance((step.t ?? 0) * 1000 - this.#clock.now());
      if (step.event !== undefined) await this.#happen(step.event);
      else if (step.pick !== undefined) this.#named.set(step.pick, this.#connect(step, first));
      else {
        const reached = new Set(SPREAD.map((random) => this.#ask(step, random)));
        if (!this.#fits(step.expect ?? 'any', reached))
          return { expected: step, actual: [...reached] };
        this.#connect(step, first);
      }
    }
    return undefined;
  }

  #fits(expected: string, reached: ReadonlySet<string>): boolean {
    if (expected === 'any') return reached.size === ENDPOINTS.length;
    const [, not, name = ''] = /^(not )?(.+)$/.exec(expected) ?? [];
    const named = this.#named.get(name) ?? '';
    if (not !== undefined) return reached.size > 0 && !reached.has(named);
    return reached.size === 1 && reached.has(named);
  }

  async #happen(event: string): Promise<void> {
    const name = /^(\S+) not ready$/.exec(event)?.[1];
    if (name === undefined) throw new Error(`what is "${event}"?`);
    this.#notReady = this.#named.get(name);
    this.#writeSlices();
    await Promise.resolve();
  }

  /** Where a connection would go; nothing is remembered of it. */
  #ask(step: AffinityStep, random: number): string {
    this.#random = random;
    const decision = this.#datapath.decide(flowOf(step));
    return decision.kind === 'deliver' ? decision.flow.destination.address : decision.reason;
  }

  #connect(step: AffinityStep, random: number): string {
    this.#random = random;
    // Endpoints are beyond the Pod network here: nobody needs to answer, the decision is made before that.
    void this.#datapath
      .connect(flowOf(step), { signal: AbortSignal.abort() })
      .catch(() => undefined);
    return this.#dialled.at(-1) ?? '';
  }

  #writeSlices(): void {
    for (const port of PORTS)
      put(
        this.#store,
        sliceObject(`svc-${port}`, {
          service: 'svc',
          port: 8000 + port,
          portName: `p${port}`,
          endpoints: ENDPOINTS.map((address) => ({ address, ready: address !== this.#notReady })),
        }),
      );
  }
}

function flowOf({
  client = '10.244.1.99',
  sport = 40_000,
  port = 80,
  via = 'clusterIP',
}: AffinityStep) {
  const address = {
    clusterIP: '10.96.0.10',
    nodePort: '10.0.0.11',
    loadBalancerIP: LOAD_BALANCER_IP,
  }[via];
  return {
    protocol: 'TCP',
    source: { address: client, port: sport },
    destination: { address, port: via === 'nodePort' ? NODE_PORT : port },
    origin: { kind: 'pod', namespace: 'default', name: 'client' },
    node: 'n1',
  } as const;
}

function serviceOf(timeoutSeconds: number): ReturnType<typeof serviceObject> {
  return serviceObject(
    'svc',
    {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.10',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds } },
      ports: PORTS.map((port, index) => ({
        name: `p${port}`,
        port,
        protocol: 'TCP',
        nodePort: NODE_PORT + index,
      })),
    },
    { status: { loadBalancer: { ingress: [{ ip: LOAD_BALANCER_IP }] } } },
  );
}
