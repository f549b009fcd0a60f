/** Rows of `api/services.json`: one request to the store each, and what came of it. */
import { isDeepStrictEqual } from 'node:util';
import {
  ApiError,
  resolveTargetPort,
  type KubeObject,
  type Pod,
  type PodSpec,
  type ServicePort,
} from '../../../../src/api/index.ts';
import { holds, type Subject } from './assertion.ts';
import { at } from './json-path.ts';
import { service, ServiceWorld, type ClusterTable, type Existing } from './service-world.ts';

interface Cause {
  readonly field: string;
  readonly type: string;
  /** Part of the cause's message. */
  readonly message?: string;
}

interface Expectation {
  readonly ok: boolean;
  readonly code?: number;
  readonly reason?: string;
  readonly messageContains?: string;
  readonly causes?: readonly Cause[];
  readonly set?: Readonly<Record<string, unknown>>;
  readonly absent?: readonly string[];
  readonly asserts?: readonly string[];
  readonly effects?: readonly string[];
}

/** One row of the table. */
export interface ServiceRow {
  readonly id: string;
  readonly title: string;
  readonly op: string;
  readonly cluster?: string | ClusterTable;
  readonly metadata?: { readonly name?: string; readonly status?: unknown };
  readonly existing?: Existing;
  readonly old?: Readonly<Record<string, unknown>> | null;
  readonly input: Readonly<Record<string, unknown>> | null;
  readonly expect: Readonly<Record<string, unknown>>;
}

/** What the store answered. */
type Answer =
  | { readonly kind: 'object'; readonly object: KubeObject; readonly code: number }
  | { readonly kind: 'error'; readonly error: ApiError };

const NAME = 'case';
const CLUSTER: ClusterTable = { serviceCIDRs: ['10.96.0.0/16'] };

/** What of a row did not come as expected; empty when all did. */
export function checkServiceRow(
  row: ServiceRow,
  clusters: Readonly<Record<string, ClusterTable>>,
): readonly string[] {
  if (row.op === 'resolveTargetPort') return checkTargetPorts(row);
  const named = typeof row.cluster === 'string' ? clusters[row.cluster] : row.cluster;
  const cluster = named ?? CLUSTER;
  const world = new ServiceWorld(cluster);
  // Every row of these kinds expects in this form.
  const expected = row.expect as unknown as Expectation;
  const name = row.metadata?.name ?? NAME;
  world.occupy(row.existing ?? {});
  if (row.old) plantOld(world, name, row);
  const answer = ask(world, name, row);
  return [
    ...(answer.kind === 'error'
      ? checkError(answer.error, expected)
      : checkObject(answer, expected, { world, cluster })),
    ...(expected.effects ?? []).flatMap((effect) => checkEffect(effect, world)),
  ];
}

/** The stored object of an update; a load balancer has got its address by then. */
function plantOld(world: ServiceWorld, name: string, { old, op }: ServiceRow): void {
  const created = world.store.create(service(name, { spec: old }));
  if (old?.['type'] !== 'LoadBalancer' || op === 'updateStatus') return;
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.77' }] } };
  world.store.update({ ...created, status }, { subresource: 'status' });
}

function ask(world: ServiceWorld, name: string, row: ServiceRow): Answer {
  try {
    return { kind: 'object', ...request(world, name, row) };
  } catch (error) {
    if (error instanceof ApiError) return { kind: 'error', error };
    throw error;
  }
}

function request(
  { store }: ServiceWorld,
  name: string,
  row: ServiceRow,
): { readonly object: KubeObject; readonly code: number } {
  const { status, name: _name, ...metadata } = row.metadata ?? {};
  const given = row.input ?? {};
  const isWhole = Object.hasOwn(given, 'spec') || Object.hasOwn(given, 'status');
  const body = isWhole ? given : { spec: given, status };
  const object = service(name, { ...body, metadata });
  const ref = { kind: 'Service', namespace: 'default', name };
  switch (row.op) {
    case 'create':
      return { object: store.create(object), code: 201 };
    case 'create?dryRun=All':
      return { object: store.create(object, { isDryRun: true }), code: 201 };
    case 'updateStatus':
      return { object: store.update(object, { subresource: 'status' }), code: 200 };
    case 'update':
      // A PUT of a Service that is not there creates it.
      return store.get(ref.kind, ref.namespace, name) === undefined
        ? { object: store.create(object), code: 201 }
        : { object: store.update(object), code: 200 };
    case 'delete':
      return { object: store.delete(ref), code: 200 };
    default:
      throw new RangeError(`unknown op ${row.op}`);
  }
}

function checkError(error: ApiError, expected: Expectation): readonly string[] {
  if (expected.ok) return [`refused: ${error.message}`];
  const problems: string[] = [];
  if (expected.code !== undefined && error.status !== expected.code)
    problems.push(`code ${error.status}: ${error.message}`);
  if (expected.reason !== undefined && error.reason !== expected.reason)
    problems.push(`reason ${error.reason}: ${error.message}`);
  if (!error.message.includes(expected.messageContains ?? ''))
    problems.push(`message: ${error.message}`);
  for (const { field, type, message = '' } of expected.causes ?? []) {
    const isThere = error.causes.some(
      (cause) => cause.field === field && cause.type === type && cause.message.includes(message),
    );
    if (!isThere)
      problems.push(
        `no cause ${type} at ${field} with ${message}: ${JSON.stringify(error.causes)}`,
      );
  }
  return problems;
}

function checkObject(
  { object, code }: { readonly object: KubeObject; readonly code: number },
  expected: Expectation,
  { world, cluster }: { readonly world: ServiceWorld; readonly cluster: ClusterTable },
): readonly string[] {
  if (!expected.ok) return [`accepted: ${JSON.stringify(object)}`];
  const problems: string[] = [];
  if (expected.code !== undefined && expected.code !== code) problems.push(`code ${code}`);
  for (const [path, wanted] of Object.entries(expected.set ?? {}))
    if (!isDeepStrictEqual(at(object, path), wanted))
      problems.push(`${path} is ${JSON.stringify(at(object, path))}`);
  for (const path of expected.absent ?? [])
    if (at(object, path) !== undefined)
      problems.push(`${path} is ${JSON.stringify(at(object, path))}`);
  const subject: Subject = {
    object,
    serviceCIDRs: cluster.serviceCIDRs,
    isPortFree: (port) => world.isFree(port),
  };
  return [...problems, ...(expected.asserts ?? []).flatMap((claim) => checkClaim(claim, subject))];
}

function checkClaim(claim: string, subject: Subject): readonly string[] {
  const isTrue = holds(claim, subject);
  if (isTrue === undefined) return [`not understood: ${claim}`];
  return isTrue ? [] : [`does not hold: ${claim}: ${JSON.stringify(subject.object)}`];
}

/** What the request left in the allocators, asked by taking it. Remarks without a value cannot be asked. */
function checkEffect(effect: string, world: ServiceWorld): readonly string[] {
  const [, list] = /^(.*) (?:is|are) (?:free again|free|released)$/.exec(effect) ?? [];
  if (list !== undefined) {
    const freed = list
      .split(/,\s*|\s+and\s+/)
      .map((text) => (/^\d+$/.test(text) ? Number(text) : text));
    return freed.filter((what) => !world.isFree(what)).map((what) => `${what} is not free`);
  }
  if (effect === 'no address is taken') {
    const left = world.store.list('Service').filter(({ metadata }) => metadata.name === NAME);
    return left.map(() => 'the Service is there');
  }
  return /\d{2,}/.test(effect) ? [`not understood: ${effect}`] : [];
}

/** Each Pod on its own. */
function checkTargetPorts({ input, expect }: ServiceRow): readonly string[] {
  // Every row of this kind has these two.
  const { port, pods } = input as unknown as {
    readonly port: ServicePort;
    readonly pods: readonly (PodSpec & { readonly name: string })[];
  };
  return pods.flatMap(({ name, ...spec }) => {
    const pod: Pick<Pod, 'spec'> = { spec };
    const actual = resolveTargetPort(pod, port) ?? null;
    return actual === (expect[name] ?? null) ? [] : [`${name}: ${actual}`];
  });
}
