import type { KubeObject } from '../../../../src/api/index.ts';
import { createIpAddressController } from '../../../../src/controllers/index.ts';
import { createServiceAllocator } from '../../../../src/ipam/index.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { checkSequence, type Problems } from './expectation.ts';
import { attempt, expandSteps, show, type Outcome } from './step.ts';

type Fields = Readonly<Record<string, unknown>>;

interface ObjectsInput {
  readonly service?: string;
  readonly clusterIP?: string;
  readonly existingIPAddress?: string;
  readonly request?: string;
}

const CLUSTER = ['10.96.0.0/16', 'fd00:10:96::/108'];

export async function serviceObjects(input: ObjectsInput, expect: Fields): Promise<Problems> {
  const allocator = createServiceAllocator({ serviceCIDRs: CLUSTER });
  await using cluster = startCluster({
    allocators: [allocator],
    controllers: [createIpAddressController()],
  });
  if (input.existingIPAddress !== undefined)
    cluster.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: { name: input.existingIPAddress },
      spec: { parentRef: { resource: 'services', namespace: 'ns1', name: 'hand-made' } },
    });
  const outcome = attempt(() =>
    clusterIPOf(
      createService(cluster, input.service ?? 'ns1/web', input.clusterIP ?? input.request),
    ),
  );
  await cluster.settled();
  return Object.entries(expect).flatMap(([key, wanted]) => {
    if (key === 'error')
      return outcome.error?.includes(String(wanted)) === true ? [] : [show(outcome)];
    if (key === 'IPAddress') return checkAddress(cluster, wanted as Fields);
    return [`unknown expectation ${key}`];
  });
}

function checkAddress({ store }: TestCluster, { name, ...wanted }: Fields): Problems {
  const found = store.get('IPAddress', undefined, String(name));
  if (found === undefined) return [`no IPAddress ${String(name)}`];
  return Object.entries(wanted).flatMap(([key, value]) => {
    const got: unknown = key === 'labels' ? found.metadata.labels : found.spec.parentRef;
    const isKnown = key === 'labels' || key === 'spec.parentRef';
    return isKnown && contains(got, value) ? [] : [`${key}: ${JSON.stringify(got)}`];
  });
}

function contains(got: unknown, wanted: unknown): boolean {
  return Object.entries(wanted as Fields).every(([key, value]) => (got as Fields)[key] === value);
}

interface MultiInput {
  readonly serviceCIDRs: readonly string[];
  readonly steps: readonly string[];
}

/** Stands for a cluster whose only range is unready where a row names no range. */
const UNREADY = '10.96.0.0/24 (unready)';

export async function serviceMulti(input: MultiInput, expect: Fields): Promise<Problems> {
  const ranges = input.serviceCIDRs.length > 0 ? input.serviceCIDRs : [UNREADY];
  const [first = ''] = ranges;
  const allocator = createServiceAllocator({ serviceCIDRs: [first.replace(/ .*/, '')] });
  await using cluster = startCluster({ allocators: [allocator] });
  for (const [index, range] of ranges.entries()) addRange(cluster, index, range);
  const outcomes = expandSteps(input.steps).map((step, index) => request(cluster, step, index));
  const { explicit, explicitCode, ...sequence } = expect;
  const problems = [...checkSequence(sequence, outcomes)];
  if (explicit === undefined) return problems;
  const refused = request(cluster, 'alloc 10.96.0.9', outcomes.length);
  if (
    refused.error?.includes(JSON.stringify(explicit).slice(1, -1)) !== true ||
    refused.code !== explicitCode
  )
    problems.push(`explicit: ${show(refused)}`);
  return problems;
}

function addRange({ store }: TestCluster, index: number, text: string): void {
  const [cidr = '', state = ''] = text.split(' ');
  const name = index === 0 ? 'kubernetes' : `extra-${index}`;
  const range = store.create<KubeObject>({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name, finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
    spec: { cidrs: [cidr] },
  });
  if (state === '(deleting)') store.delete({ kind: 'ServiceCIDR', name });
  if (state !== '(unready)') return;
  const conditions = [{ type: 'Ready', status: 'False', reason: '', message: '' }];
  store.update({ ...range, status: { conditions } }, { subresource: 'status' });
}

function request(cluster: TestCluster, step: string, index: number): Outcome {
  const [verb = '', address] = step.split(' ');
  const name = `ns1/s${index}`;
  if (verb !== 'alloc' && verb !== 'allocNext') throw new Error(`unknown step ${step}`);
  return attempt(() => clusterIPOf(createService(cluster, name, address)));
}

function createService(
  cluster: TestCluster,
  path: string,
  clusterIP: string | undefined,
): KubeObject {
  const [namespace, name] = path.split('/');
  return cluster.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: { ports: [{ port: 80 }], ...(clusterIP !== undefined && { clusterIP }) },
  });
}

function clusterIPOf({ spec }: KubeObject): string {
  return String((spec as Fields)['clusterIP']);
}
