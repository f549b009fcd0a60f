/** Parts of a Pod's spec that are written through subresources alone: its ephemeral containers and its resources. */
import {
  loadPatches,
  type JsonObject,
  type KubeObject,
  type Pod,
  type PodSpec,
  type WriteOptions,
} from '../../api/index.ts';
import { checkName, mediaTypeOf } from '../body.ts';
import { objectOf, type ApiContext, type Target } from '../context.ts';
import { decodeObject } from '../decode-object.ts';
import { methodNotAllowed } from '../refusals.ts';
import { representObject } from '../represent.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { appliedThrough, withManagersOf } from '../resources/apply.ts';
import { carryOut } from '../resources/carry-out.ts';
import { judgeFields } from '../resources/field-validation.ts';
import { isDryRun } from '../resources/parameters.ts';
import { Patience } from '../resources/patience.ts';
import { APPLY_PATCH, checkPatchOptions, checkPatchType } from '../resources/patch-body.ts';
import { patchedObject } from '../resources/patched-object.ts';
import { viewOf } from '../resources/read.ts';
import { trackerOf } from '../resources/track.ts';
import { tellingAnyway, writeRequestOf } from '../resources/write-request.ts';
import { asTyped } from '../typed-body.ts';

/** What of the spec that was sent goes into the one that is stored, which the store then validates. */
type TakePart = (given: PodSpec, old: PodSpec) => PodSpec;

/** `pods/NAME/ephemeralcontainers`; @see Kubernetes documentation, ephemeral containers */
export function serveEphemeralContainers(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<ApiResponse> {
  return servePart(request, { target, context, take: takeEphemeralContainers });
}

/** `pods/NAME/resize`: nothing here uses a processor, so that every size fits. */
export function serveResize(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<ApiResponse> {
  return servePart(request, { target, context, take: takeResources });
}

interface Part {
  readonly target: Target;
  readonly context: ApiContext;
  readonly take: TakePart;
}

async function servePart(
  request: ApiRequest,
  { target, context, take }: Part,
): Promise<ApiResponse> {
  const view = viewOf(request, context);
  const stored = objectOf(target, context);
  if (request.method === 'GET')
    return { status: 200, kind: 'object', object: representObject(stored, target, view) };
  const told: string[] = [];
  const { given, manage } = await wantedPod(request, { target, context, stored, told });
  // Both are Pods: the one by its kind, the other by its type.
  const [pod, old] = [given, stored] as unknown as readonly [Pod, Pod];
  const spec = take(pod.spec ?? { containers: [] }, old.spec ?? { containers: [] });
  const { resourceVersion } = given.metadata;
  const changed = {
    ...stored,
    metadata: { ...stored.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
    spec,
  };
  const options = {
    isDryRun: isDryRun(request.query, 'UpdateOptions'),
    subresource: 'part',
    request: writeRequestOf(request, { target, store: context.store }, told),
    manage,
  } as const;
  const updated = await tellingAnyway(told, () =>
    carryOut(
      (review) => context.store.update(changed, { ...options, ...review }),
      context,
      new Patience(request),
    ),
  );
  const object = representObject(updated, target, view);
  return { status: 200, kind: 'object', object, warnings: told };
}

interface Writing {
  readonly target: Target;
  readonly context: ApiContext;
  readonly stored: KubeObject;
  /** Takes what the client is to be told. */
  readonly told: string[];
}

interface Wanted {
  readonly given: KubeObject;
  /** Writes down whose the part is now. */
  readonly manage: NonNullable<WriteOptions['manage']>;
}

async function wantedPod(request: ApiRequest, writing: Writing): Promise<Wanted> {
  const { target, context, stored } = writing;
  if (request.method === 'PATCH') {
    checkPatchType(request, target);
    checkPatchOptions(request);
    if (mediaTypeOf(request) === APPLY_PATCH) {
      const way = { target, context, seen: target, configOf: (config: JsonObject) => config };
      const given = await appliedThrough(stored, request, way);
      checkName(given, target);
      return { given, manage: (changed) => withManagersOf(changed, given) };
    }
  }
  return {
    given: await writtenPod(request, writing),
    manage: trackerOf(request, target, context),
  };
}

async function writtenPod(
  request: ApiRequest,
  { target, stored, told }: Writing,
): Promise<KubeObject> {
  if (request.method === 'PATCH') {
    const patches = await loadPatches();
    const { object, warnings } = patchedObject(stored, request, { target, patches });
    checkName(object, target);
    told.push(...warnings);
    return object;
  }
  if (request.method !== 'PUT') throw methodNotAllowed();
  const typed = asTyped(await decodeObject(request, target), target);
  checkName(typed.value, target);
  told.push(...judgeFields(typed, target, request));
  return typed.value;
}

function takeEphemeralContainers({ ephemeralContainers = [] }: PodSpec, old: PodSpec): PodSpec {
  return { ...old, ephemeralContainers };
}

function takeResources(given: PodSpec, old: PodSpec): PodSpec {
  const resized = (
    now: PodSpec['containers'] = [],
    before: PodSpec['containers'] = [],
  ): PodSpec['containers'] =>
    before.map((container, index) => ({
      ...container,
      ...(now[index]?.resources !== undefined && { resources: now[index].resources }),
    }));
  return {
    ...old,
    containers: resized(given.containers, old.containers),
    ...(old.initContainers && {
      initContainers: resized(given.initContainers, old.initContainers),
    }),
  };
}
