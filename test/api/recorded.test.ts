/**
 * Plays the writes that a kube-apiserver 1.36.3 was recorded with against the store, kinds and allocators, and compares
 * what came back, Statuses included. Fields that differ from run to run are left out.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import {
  bootstrapObjects,
  createKindRegistry,
  createStore,
  KINDS,
  prepareWrites,
  toApiStatus,
  type KindDefinition,
  type KubeObject,
  type Store,
} from '../../src/api/index.ts';
import { schemaOfKind } from '../../src/api/openapi-schemas.ts';
import { loadPatches, type JsonObject } from '../../src/api/patch/index.ts';
import { createServiceAllocator } from '../../src/ipam/index.ts';
import { dice, START } from './test-store.ts';

const { jsonPatch, mergePatch, strategicMergePatch } = await loadPatches();

// A run has the rules for workloads once it has met one.
await prepareWrites([{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x' } }]);

interface Recorded {
  readonly name: string;
  readonly req: {
    readonly method: string;
    readonly path: string;
    readonly ct?: string;
    readonly body?: JsonObject;
  };
  readonly res: { readonly body?: JsonObject };
}

/** What is not played here, and why. */
const NOT_HERE: Readonly<Record<string, string>> = {
  pvc: 'the finalizer is given by the API server, or by a controller',
  'delete persistentvolumeclaims': 'as above',
  hpa: 'autoscaling has no network meaning: stored without defaults',
  'jsonpatch bad path': 'the recorded answer has empty details, which nobody reads',
  'pod spec immut': 'the message ends in a diff of Go structs',
  node: 'Nodes are emulated: they are ready from the start, so no taint waits for that',
};

/** Differ from run to run, or belong to server-side apply. */
const VARYING = new Set([
  'uid',
  'resourceVersion',
  'managedFields',
  'creationTimestamp',
  'deletionTimestamp',
  'clusterIP',
  'clusterIPs',
  'nodePort',
  'healthCheckNodePort',
  'eventTime',
  'lastProbeTime',
]);

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** Without what varies, and without empty places that Go writes as null. */
function steady(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(UUID, 'UUID');
  if (Array.isArray(value)) return value.map(steady);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, item]) => !VARYING.has(key) && item !== null && item !== undefined)
    .map(([key, item]) => [key, steady(item)] as const);
  const fields: Record<string, unknown> = Object.fromEntries(entries);
  if (typeof fields['generateName'] === 'string') fields['name'] = fields['generateName'];
  return fields;
}

interface Target {
  readonly definition: KindDefinition;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

const kinds = createKindRegistry(KINDS);
const PATH =
  /^\/(?:api|apis\/(?<group>[^/]+))\/[^/]+(?:\/namespaces\/(?<namespace>[^/]+)(?=\/(?!finalize)))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[^/]+))?$/;

function targetOf(url: URL): Target | undefined {
  const {
    group = '',
    namespace,
    plural = '',
    name,
    subresource,
  } = PATH.exec(url.pathname)?.groups ?? {};
  const definition = kinds.byResource(group, plural);
  return definition === undefined ? undefined : { definition, namespace, name, subresource };
}

function whole(body: JsonObject, { definition, namespace }: Target): KubeObject {
  const { group, version, kind } = definition;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const metadata = {
    ...(namespace !== undefined && { namespace }),
    ...(body['metadata'] as JsonObject),
  };
  return { apiVersion, kind, ...body, metadata } as unknown as KubeObject;
}

function patched(old: KubeObject, { ct, body }: Recorded['req']): KubeObject {
  const { apiVersion, kind } = old;
  const json = old as unknown as JsonObject;
  if (ct === 'application/merge-patch+json') return mergePatch(json, body) as KubeObject;
  if (ct === 'application/json-patch+json') return jsonPatch(json, body) as KubeObject;
  const schema = schemaOfKind(apiVersion, kind);
  return strategicMergePatch(json, body ?? {}, schema) as unknown as KubeObject;
}

function write(store: Store, target: Target, req: Recorded['req']): KubeObject {
  const { definition, namespace, subresource } = target;
  const { body = {} } = req;
  const name = target.name ?? '';
  const ref = { kind: definition.name, name, ...(namespace !== undefined && { namespace }) };
  const options =
    subresource === 'status' || subresource === 'finalize' ? ({ subresource } as const) : {};
  switch (req.method) {
    case 'POST':
      return store.create(whole(body, target));
    case 'PUT':
      return store.update(whole(body, target), options);
    case 'DELETE': {
      const policy = new URL(req.path, 'http://x').searchParams.get('propagationPolicy');
      return store.delete(ref, {
        ...(policy !== null && { propagationPolicy: policy as 'Orphan' }),
        ...body,
      });
    }
    default: {
      const old = store.get<string>(definition.name, namespace, name);
      if (old !== undefined) return store.update(patched(old, req), options);
      return store.update(whole({ metadata: { name } }, target));
    }
  }
}

const isApply = ({ req }: Recorded): boolean => req.ct === 'application/apply-patch+yaml';

/** Server-side apply is played by its own tests: here its outcome is written, for what comes after. */
function writeOutcome(store: Store, target: Target, outcome: JsonObject | undefined): void {
  if (outcome === undefined || outcome['kind'] === 'Status') return;
  const {
    resourceVersion: _,
    uid: __,
    managedFields: ___,
    ...metadata
  } = outcome['metadata'] as JsonObject;
  const object = whole({ ...outcome, metadata }, target);
  const { namespace, name } = object.metadata;
  const isThere = store.get(target.definition.name, namespace, name) !== undefined;
  if (target.subresource === 'status') store.update(object, { subresource: 'status' });
  else if (isThere) store.update(object);
  else store.create(object);
}

const isPlayed = ({ req, res }: Recorded): boolean =>
  req.method !== 'GET' &&
  res.body !== undefined &&
  !/\/(?:log|exec|scale|eviction|binding)(?:\?|$)/.test(req.path);

t.test('the store answers as a recorded API server', async (t) => {
  const store = createStore({
    kinds,
    allocators: [createServiceAllocator({ serviceCIDRs: ['10.96.0.0/16'] })],
    now: () => START,
    random: dice(),
  });
  for (const object of bootstrapObjects({ kubernetesServiceIPs: ['10.96.0.1'] }))
    store.create(object);
  const file = join(
    import.meta.dirname,
    '../../fixtures/conformance/api/kube-apiserver-1.36.jsonl',
  );
  const recorded = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);
  for (const each of recorded.filter(isPlayed)) {
    const target = targetOf(new URL(each.req.path, 'http://x'));
    if (target === undefined) continue;
    if (isApply(each)) {
      writeOutcome(store, target, each.res.body);
      continue;
    }
    let got: unknown;
    try {
      got = write(store, target, each.req);
    } catch (error) {
      got = toApiStatus(error);
    }
    const wanted = each.res.body;
    const isSuccess = wanted?.['kind'] === 'Status' && wanted['status'] === 'Success';
    const isSame = isSuccess || isDeepStrictEqual(steady(got), steady(wanted));
    const because = NOT_HERE[each.name];
    if (isSame) t.pass(each.name);
    else if (because !== undefined) t.fail(each.name, { skip: because });
    else t.same(steady(got), steady(wanted), each.name);
  }
});
