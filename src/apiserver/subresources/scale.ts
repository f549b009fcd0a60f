import {
  invalidField,
  invalidObject,
  loadPatches,
  showSelector,
  notFound,
  type JsonObject,
  type KubeObject,
  type WriteOptions,
} from '../../api/index.ts';
import { asObject, checkName, decodeBody, mediaTypeOf } from '../body.ts';
import { objectOf, type ApiContext, type Target } from '../context.ts';
import { methodNotAllowed } from '../refusals.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { carryOut } from '../resources/carry-out.ts';
import { appliedThrough, withManagersOf } from '../resources/apply.ts';
import { APPLY_PATCH, checkPatchOptions, checkPatchType } from '../resources/patch-body.ts';
import { patchedObject, type PatchTarget } from '../resources/patched-object.ts';
import { isDryRun } from '../resources/parameters.ts';
import { Patience } from '../resources/patience.ts';
import { trackerOf } from '../resources/track.ts';
import { tellingAnyway, writeRequestOf } from '../resources/write-request.ts';
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
  if (request.method === 'GET')
    return { status: 200, kind: 'object', object: scaleOf(object, target) };
  const told: string[] = [];
  const { scaled, manage } = await scaledBy(request, { target, context, patches, object, told });
  const options = {
    isDryRun: isDryRun(request.query, 'UpdateOptions'),
    manage,
    request: {
      ...writeRequestOf(request, { target, store: context.store }, told),
      shown: { ...SCALE, of: (shown: KubeObject) => scaleOf(shown, target) },
    },
  };
  const updated = await tellingAnyway(told, () =>
    carryOut(
      (review) => context.store.update(scaled, { ...options, ...review }),
      context,
      new Patience(request),
    ),
  );
  return { status: 200, kind: 'object', object: scaleOf(updated, target), warnings: told };
}

interface Scaling extends PatchTarget {
  readonly context: ApiContext;
  readonly object: KubeObject;
  /** Takes what the client is to be told. */
  readonly told: string[];
}

interface Scaled {
  readonly scaled: KubeObject;
  /** Writes down whose the number is now. */
  readonly manage: NonNullable<WriteOptions['manage']>;
}

async function scaledBy(request: ApiRequest, scaling: Scaling): Promise<Scaled> {
  const { target, context, object } = scaling;
  if (request.method === 'PATCH') {
    checkPatchType(request, target);
    checkPatchOptions(request);
    if (mediaTypeOf(request) === APPLY_PATCH) return appliedScale(request, scaling);
  }
  const wanted = await wantedScale(request, scaling);
  const { resourceVersion } = wanted.metadata;
  const changed = writePath(object, pathsOf(target).replicas, replicasOf(wanted));
  const scaled = {
    ...(changed as unknown as KubeObject),
    metadata: { ...object.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
  };
  return { scaled, manage: trackerOf(request, target, context) };
}

/** Server-side apply of a Scale is that of the one field that it stands for. */
async function appliedScale(
  request: ApiRequest,
  { target, context, object }: Scaling,
): Promise<Scaled> {
  const { apiVersion, kind, metadata } = object;
  const own = { apiVersion, kind, metadata: { name: metadata.name } };
  const scaled = await appliedThrough(object, request, {
    target,
    context,
    seen: SCALE_TARGET,
    configOf: (config) => {
      const replicas = readPath(config, '.spec.replicas');
      return replicas === undefined ? own : writePath(own, pathsOf(target).replicas, replicas);
    },
  });
  replicasOf(scaleOf(scaled, target));
  return { scaled, manage: (changed) => withManagersOf(changed, scaled) };
}

async function wantedScale(
  request: ApiRequest,
  { target, patches, object, told }: Scaling,
): Promise<KubeObject> {
  const scaleTarget = { ...SCALE_TARGET, ...placeOf(target) };
  if (request.method === 'PATCH') {
    const scale = scaleOf(object, target);
    const patched = patchedObject(scale, request, { target: scaleTarget, patches });
    told.push(...patched.warnings);
    return patched.object;
  }
  if (request.method !== 'PUT') throw methodNotAllowed();
  const { value } = await decodeBody(request);
  const sent = asObject(value, scaleTarget);
  checkName(sent, target);
  return sent;
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
