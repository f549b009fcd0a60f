/** Parts of a Pod's spec that are written through subresources alone: its ephemeral containers and its resources. */
import {
  ApiError,
  deepEqual,
  type FieldError,
  type KubeObject,
  type Pod,
  type PodSpec,
} from '../../api/index.ts';
import { checkName } from '../body.ts';
import { objectOf, type ApiContext, type Target } from '../context.ts';
import { decodeObject } from '../decode-object.ts';
import { methodNotAllowed } from '../refusals.ts';
import { representObject } from '../represent.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { isDryRun } from '../resources/parameters.ts';
import { applyPatch } from '../resources/patch.ts';
import { viewOf } from '../resources/read.ts';
import { trackerOf } from '../resources/track.ts';
import { asTyped } from '../typed-body.ts';

/** What of the spec that was sent goes into the one that is stored. @throws ApiError Invalid. */
type TakePart = (given: PodSpec, old: PodSpec, name: string) => PodSpec;

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
  const given = await wantedPod(request, target, stored);
  // Both are Pods: the one by its kind, the other by its type.
  const [pod, old] = [given, stored] as unknown as readonly [Pod, Pod];
  const spec = take(
    pod.spec ?? { containers: [] },
    old.spec ?? { containers: [] },
    old.metadata.name,
  );
  const { resourceVersion } = given.metadata;
  const updated = context.store.update(
    {
      ...stored,
      metadata: { ...stored.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
      spec,
    },
    {
      isDryRun: isDryRun(request.query, 'UpdateOptions'),
      subresource: 'part',
      manage: trackerOf(request, target, context),
    },
  );
  return { status: 200, kind: 'object', object: representObject(updated, target, view) };
}

async function wantedPod(
  request: ApiRequest,
  target: Target,
  stored: KubeObject,
): Promise<KubeObject> {
  if (request.method !== 'PUT' && request.method !== 'PATCH') throw methodNotAllowed();
  const body =
    request.method === 'PATCH'
      ? { value: applyPatch(stored, request, target), complaints: [] }
      : await decodeObject(request, target);
  const { value } = asTyped(body, target);
  checkName(value, target);
  return value;
}

function takeEphemeralContainers(given: PodSpec, old: PodSpec, name: string): PodSpec {
  const { ephemeralContainers: wanted = [] } = given;
  const errors = [...errorsOfNew(wanted, old), ...errorsOfChanged(wanted, old)];
  if (errors.length > 0) throw invalidPod(name, errors);
  return { ...old, ephemeralContainers: wanted };
}

type EphemeralContainers = NonNullable<PodSpec['ephemeralContainers']>;

const EPHEMERAL = 'spec.ephemeralContainers';

function errorsOfNew(wanted: EphemeralContainers, old: PodSpec): readonly FieldError[] {
  const others = [...(old.initContainers ?? []), ...old.containers];
  const names = new Set(others.map((container) => container.name));
  return wanted.flatMap(({ name, image = '' }, index): readonly FieldError[] => {
    const field = `${EPHEMERAL}[${index}]`;
    const isTaken = names.has(name);
    names.add(name);
    const message = `Duplicate value: ${JSON.stringify(name)}`;
    return [
      ...(isTaken ? [{ type: 'Duplicate' as const, field: `${field}.name`, message }] : []),
      ...(image === ''
        ? [{ type: 'Required' as const, field: `${field}.image`, message: 'Required value' }]
        : []),
    ];
  });
}

function errorsOfChanged(wanted: EphemeralContainers, old: PodSpec): readonly FieldError[] {
  return (old.ephemeralContainers ?? []).flatMap((known) => {
    const now = wanted.find((container) => container.name === known.name);
    if (now !== undefined && isUnchanged(now, known)) return [];
    const change = now === undefined ? 'removed' : 'changed';
    const message = `Forbidden: existing ephemeral containers ${JSON.stringify(known.name)} may not be ${change}`;
    return [{ type: 'Forbidden' as const, field: EPHEMERAL, message }];
  });
}

/** Whether nothing that was said of it is said otherwise; what was defaulted may be left out. */
function isUnchanged(now: object, known: object): boolean {
  return Object.entries(now).every(([field, value]) =>
    deepEqual(value, (known as Readonly<Record<string, unknown>>)[field]),
  );
}

function takeResources(given: PodSpec, old: PodSpec, name: string): PodSpec {
  const resized = (
    now: PodSpec['containers'] = [],
    before: PodSpec['containers'] = [],
  ): PodSpec['containers'] =>
    before.map((container, index) => ({
      ...container,
      ...(now[index]?.resources !== undefined && { resources: now[index].resources }),
    }));
  const spec: PodSpec = {
    ...old,
    containers: resized(given.containers, old.containers),
    ...(old.initContainers && {
      initContainers: resized(given.initContainers, old.initContainers),
    }),
  };
  if (deepEqual(spec, old)) return old;
  const isBare = old.containers.every(({ resources = {} }) => Object.keys(resources).length === 0);
  if (!isBare) return spec;
  throw invalidPod(name, [
    {
      type: 'Invalid',
      field: 'spec',
      message: 'Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing',
    },
  ]);
}

function invalidPod(name: string, causes: readonly FieldError[]): ApiError {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new ApiError('Invalid', `Pod "${name}" is invalid: ${text}`, {
    causes,
    details: { name, kind: 'Pod' },
  });
}
