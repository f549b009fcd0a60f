import type { KubeObject } from '../../../../src/api/index.ts';
import { createNodeIpamController } from '../../../../src/controllers/index.ts';
import { CidrSet, PodCidrs, type PodCidrsOptions } from '../../../../src/ipam/index.ts';
import { parseCidr } from '../../../../src/net/index.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import type { Problems } from './expectation.ts';
import { compare } from './range-cases.ts';
import { attempt, expandSteps, show } from './step.ts';

type Fields = Readonly<Record<string, unknown>>;

interface ConfigInput {
  readonly clusterCIDRs: readonly string[];
  readonly nodeMaskIPv4?: number;
  readonly nodeMaskIPv6?: number;
  readonly flags?: Readonly<Record<string, number>>;
}

export function nodeCIDRConfig(input: ConfigInput, expect: Fields): Problems {
  let cidrs: PodCidrs | undefined;
  const { error } = attempt(() => void (cidrs = new PodCidrs(configOf(input))));
  const set = (family: string): CidrSet | undefined =>
    cidrs?.sets.find(({ cluster }) => cluster.family === family);
  return compare(expect, {
    error,
    ok: error === undefined,
    nodeMaskIPv4: set('IPv4')?.nodeMask,
    nodeMaskIPv6: set('IPv6')?.nodeMask,
    nodesPossibleIPv4: set('IPv4')?.capacity,
    nodesPossibleIPv6: set('IPv6')?.capacity,
  });
}

function configOf({
  clusterCIDRs,
  nodeMaskIPv4,
  nodeMaskIPv6,
  flags = {},
}: ConfigInput): PodCidrsOptions {
  const isSingle = clusterCIDRs.length === 1;
  const masks = {
    nodeMask:
      flags['node-cidr-mask-size'] ?? (isSingle ? (nodeMaskIPv4 ?? nodeMaskIPv6) : undefined),
    nodeMaskIPv4: flags['node-cidr-mask-size-ipv4'] ?? (isSingle ? undefined : nodeMaskIPv4),
    nodeMaskIPv6: flags['node-cidr-mask-size-ipv6'] ?? (isSingle ? undefined : nodeMaskIPv6),
  };
  const given = Object.entries(masks).filter(([, mask]) => mask !== undefined);
  return { clusterCIDRs, ...Object.fromEntries(given) };
}

interface SequenceInput {
  readonly clusterCIDR: string;
  readonly nodeMaskSize: number;
  readonly steps: readonly string[];
}

export function nodeCIDRSequence(
  input: SequenceInput,
  expect: { readonly results: readonly unknown[] },
): Problems {
  const cluster = parseCidr(input.clusterCIDR);
  if (cluster === undefined) return [`no prefix: ${input.clusterCIDR}`];
  const set = new CidrSet(cluster, input.nodeMaskSize);
  const results = expandSteps(input.steps).map((step) => {
    const [verb = '', cidr = ''] = step.split(' ');
    switch (verb) {
      case 'alloc':
        return show(attempt(() => set.allocateNext()));
      case 'occupy':
        return show(attempt(() => set.occupy(cidr)));
      case 'release':
        return show(attempt(() => set.release(cidr)));
      default:
        throw new Error(`unknown step ${step}`);
    }
  });
  return JSON.stringify(results) === JSON.stringify(expect.results) ? [] : results;
}

interface EventInput {
  readonly clusterCIDR?: string;
  readonly clusterCIDRs?: readonly string[];
  readonly nodeMaskSize?: number;
  readonly nodes?: readonly string[];
  readonly node?: { readonly podCIDRs: readonly string[] };
  readonly steps?: readonly string[];
}

export async function nodeCIDREvent(input: EventInput, expect: Fields): Promise<Problems> {
  const clusterCIDRs = input.clusterCIDRs ?? [input.clusterCIDR ?? ''];
  const { nodeMaskSize: nodeMask } = input;
  const controller = createNodeIpamController({
    clusterCIDRs,
    ...(nodeMask !== undefined && { nodeMask }),
  });
  await using cluster = startCluster({ controllers: [controller] });
  const steps = input.steps ?? (input.nodes ?? []).map((name) => `add ${name}`);
  if (input.node !== undefined) cluster.create(nodeOf('n1', input.node.podCIDRs));
  for (const step of steps) {
    nodeStep(cluster, step);
    await cluster.settled();
  }
  await cluster.settled();
  return Object.entries(expect).flatMap(([key, wanted]) => {
    const got = observe(cluster, key);
    return JSON.stringify(got) === JSON.stringify(wanted) ? [] : [`${key}: ${JSON.stringify(got)}`];
  });
}

function nodeStep({ store }: TestCluster, step: string): void {
  const [, verb, name = '', range] = /^(\w+) (\S+)(?: with (\S+))?$/.exec(step) ?? [];
  if (verb === 'add') store.create(nodeOf(name, range?.split(',')));
  else if (verb === 'delete') store.delete({ kind: 'Node', name });
  else throw new Error(`unknown step ${step}`);
}

function observe(cluster: TestCluster, key: string): unknown {
  if (key === 'error') return cluster.log.some((line) => line.includes('reconcile failed'));
  if (key === 'event') {
    const [event] = cluster.store.list('Event');
    return { on: event?.involvedObject.name, reason: event?.reason };
  }
  const [name = '', field = ''] = key.split('.');
  const node = cluster.store.get('Node', undefined, name);
  const spec: Fields = { ...node?.spec };
  return spec[field] ?? null;
}

export async function nodeValidation(
  { podCIDRs }: { readonly podCIDRs: readonly string[] },
  expect: { readonly error?: boolean; readonly ok?: boolean; readonly code?: number },
): Promise<Problems> {
  await using cluster = startCluster({});
  const outcome = attempt(() => void cluster.create(nodeOf('n1', podCIDRs)));
  const isRefused = outcome.error !== undefined;
  const wanted = expect.error ?? expect.ok === false;
  return isRefused === wanted &&
    (expect.code === undefined || expect.code === (outcome.code ?? 201))
    ? []
    : [show(outcome)];
}

function nodeOf(name: string, podCIDRs: readonly string[] | undefined): KubeObject {
  const [podCIDR] = podCIDRs ?? [];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    ...(podCIDRs !== undefined && { spec: { podCIDR, podCIDRs } }),
  };
}
