import {
  invalidField,
  invalidObject,
  loadPatches,
  showSelector,
  notFound,
  type JsonObject,
  type KubeObject,
} from '../../api/index.ts';
import { asObject, checkName, decodeBody } from '../body.ts';
import { objectOf, type ApiContext, type Target } from '../context.ts';
import { methodNotAllowed } from '../refusals.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { carryOut } from '../resources/carry-out.ts';
import { checkPatchOptions, checkPatchType } from '../resources/patch-body.ts';
import { patchedObject, type PatchTarget } from '../resources/patched-object.ts';
import { isDryRun } from '../resources/parameters.ts';
import { Patience } from '../resources/patience.ts';
import { writeRequestOf } from '../resources/write-request.ts';
import { readPath, writePath } from './json-path.ts';

/** Where a kind keeps what a Scale says. */
interface ScalePaths {
  readonly replicas: string;
  readonly statusReplicas: string;
  readonly selector: string | undefined;
}

const BUILTIN: ScalePaths = {
  replicas: '.spec.replicas',
  statusReplicas: '.status.replicas',
  selector: '.status.selector',
};

/**
 * `…/scale` of Deployments, ReplicaSets, StatefulSets and custom resources that say where theirs is.
 *
 * @see autoscaling/v1 Scale
 */
export async function serveScale(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<ApiResponse> {
  const patches = await loadPatches();
  const object = objectOf(target, context);
  const scale = scaleOf(object, target);
  if (request.method === 'GET') return { status: 200, kind: 'object', object: scale };
  const wanted = await wantedScale(request, scale, { target, patches });
  const replicas = replicasOf(wanted);
  const { resourceVersion } = wanted.metadata;
  const paths = pathsOf(target);
  const changed = writePath(object, paths.replicas, replicas);
  const warnings: string[] = [];
  const scaled = {
    ...(changed as unknown as KubeObject),
    metadata: { ...object.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
  };
  const options = {
    isDryRun: isDryRun(request.query, 'UpdateOptions'),
    request: {
      ...writeRequestOf(request, { target, store: context.store }, warnings),
      shown: { ...SCALE, of: (shown: KubeObject) => scaleOf(shown, target) },
    },
  };
  const updated = await carryOut(
    (review) => context.store.update(scaled, { ...options, ...review }),
    context,
    new Patience(request),
  );
  return { status: 200, kind: 'object', object: scaleOf(updated, target), warnings };
}

async function wantedScale(
  request: ApiRequest,
  scale: KubeObject,
  { target, patches }: PatchTarget,
): Promise<KubeObject> {
  if (request.method === 'PATCH') {
    checkPatchType(request, target);
    checkPatchOptions(request);
    const scaleTarget = { ...SCALE_TARGET, ...placeOf(target) };
    return patchedObject(scale, request, { target: scaleTarget, patches }).object;
  }
  if (request.method !== 'PUT') throw methodNotAllowed();
  const { value } = await decodeBody(request);
  const object = asObject(value, { ...SCALE_TARGET, ...placeOf(target) });
  checkName(object, target);
  return object;
}

function placeOf({ namespace, name }: Target): Pick<Target, 'namespace' | 'name'> {
  return { ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }) };
}

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' } as const;

/** A Scale is a kind of its own, which is stored nowhere. */
const SCALE_TARGET: Target = {
  definition: {
    name: 'Scale.autoscaling',
    group: 'autoscaling',
    version: 'v1',
    versions: ['v1'],
    kind: 'Scale',
    plural: 'scales',
    singular: 'scale',
    shortNames: [],
    categories: [],
    verbs: [],
    subresources: [],
    isNamespaced: true,
    hasStatus: true,
    hasGeneration: false,
    origin: 'builtin',
  },
  version: 'v1',
  rest: '',
};

/** @throws ApiError Invalid for a number of replicas that is none. */
function replicasOf(scale: KubeObject): number {
  const { replicas = 0 } = (scale['spec'] ?? {}) as { readonly replicas?: unknown };
  if (typeof replicas === 'number' && Number.isInteger(replicas) && replicas >= 0) return replicas;
  throw invalidObject({ group: 'autoscaling', kind: 'Scale' }, scale.metadata.name, [
    invalidField('spec.replicas', replicas, 'must be greater than or equal to 0'),
  ]);
}

function pathsOf({ definition, version, name = '' }: Target): ScalePaths {
  if (definition.origin === 'builtin') return BUILTIN;
  const paths = definition.scales?.[version];
  if (paths === undefined) throw notFound(definition, name);
  return {
    replicas: paths.specReplicasPath,
    statusReplicas: paths.statusReplicasPath,
    selector: paths.labelSelectorPath,
  };
}

function scaleOf(object: KubeObject, target: Target): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const paths = pathsOf(target);
  const json = object as unknown as JsonObject;
  const selector =
    target.definition.origin === 'builtin'
      ? selectorText(object)
      : paths.selector === undefined
        ? undefined
        : readPath(json, paths.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
    },
    spec: replicasField(readPath(json, paths.replicas)),
    status: {
      replicas: numberOf(readPath(json, paths.statusReplicas)),
      ...(typeof selector === 'string' && selector !== '' && { selector }),
    },
  };
}

/** Zero is left out, as Go leaves it out. */
function replicasField(value: unknown): object {
  const replicas = numberOf(value);
  return replicas === 0 ? {} : { replicas };
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** The selector as `-l` takes it; '' for none. */
function selectorText(object: KubeObject): string {
  const { selector } = (object['spec'] ?? {}) as { readonly selector?: object };
  if (selector === undefined || Object.keys(selector).length === 0) return '';
  // A ReplicationController's selector is a plain map of labels.
  return showSelector(
    object.kind === 'ReplicationController' ? { matchLabels: { ...selector } } : selector,
  );
}
