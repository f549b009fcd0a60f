import { deepEqual } from '../../deep-equal.ts';
import { ApiError, type FieldError } from '../../errors.ts';
import type { Container, Pod, PodSpec, Toleration } from '../../types.ts';
import { compact } from '../validate/compact.ts';
import { forbidden, invalid } from '../validate/field-errors.ts';
import { validateImage } from './containers.ts';
import { validateKeptEphemeralContainers } from './ephemeral-containers.ts';
import { qosClassOf } from './qos.ts';
import { validateTolerations } from './scheduling.ts';

const INT32_MAX = 2_147_483_647;
const FROZEN =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/**
 * What may not change in a Pod that exists.
 *
 * The scheduler's binding, ephemeral containers and sizes, subresources of their own in Kubernetes, are updates here:
 * `nodeName` may be set once, and the API server lets nobody change the others but through these.
 *
 * @see kubernetes `ValidatePodUpdate`
 */
export function validatePodUpdate({ spec }: Pod, old: Pod): readonly FieldError[] {
  const now: PodSpec = spec ?? { containers: [] };
  const before: PodSpec = old.spec ?? { containers: [] };
  const errors: FieldError[] = [];
  for (const list of ['containers', 'initContainers'] as const) {
    const field = `spec.${list}`;
    if (now[list]?.length !== before[list]?.length)
      return [...errors, forbidden(field, 'pod updates may not add or remove containers')];
    errors.push(...validateImages(field, now[list] ?? []));
  }
  const late = validateDeadlineChange(now, before);
  if (late.length > 0 && now.activeDeadlineSeconds !== undefined) return [...errors, ...late];
  return [...errors, ...late, ...validateOtherChanges(now, before)];
}

function validateOtherChanges(now: PodSpec, before: PodSpec): readonly FieldError[] {
  return [
    ...validateKeptEphemeralContainers(
      now.ephemeralContainers ?? [],
      before.ephemeralContainers ?? [],
    ),
    ...validateQosClass(now, before),
    ...validateAddedTolerations(now.tolerations ?? [], before.tolerations ?? []),
    ...validateAddedGates(now.schedulingGates, before.schedulingGates),
    ...(deepEqual(withMutableFieldsOf(now, before), before) ? [] : [forbidden('spec', FROZEN)]),
  ];
}

/** Judged once more, for they alone may change. */
function validateImages(field: string, containers: readonly Container[]): readonly FieldError[] {
  return containers.flatMap(({ image = '' }, index) =>
    validateImage(`${field}[${index}].image`, image, true),
  );
}

/**
 * A Pod as an update of the whole may leave it: without other ephemeral containers.
 *
 * @throws ApiError Invalid for other sizes of its containers, which have a subresource as well.
 */
export function keepPodParts(pod: Pod, old: Pod): Pod {
  const [spec, before] = [pod.spec, old.spec];
  if (spec === undefined || before === undefined || spec === before) return pod;
  const isSized = (['containers', 'initContainers'] as const).every((list) =>
    (spec[list] ?? []).every(({ resources }, index) => {
      const known = before[list]?.[index];
      return known === undefined || deepEqual(resources ?? {}, known.resources ?? {});
    }),
  );
  if (!isSized) {
    const { name } = old.metadata;
    const error = forbidden('spec', FROZEN);
    throw new ApiError('Invalid', `Pod "${name}" is invalid: spec: ${error.message}`, {
      causes: [error],
      details: { name, kind: 'Pod' },
    });
  }
  return {
    ...pod,
    spec: compact<PodSpec>({ ...spec, ephemeralContainers: before.ephemeralContainers }),
  };
}

/** `spec` with all that may change set to what it was. */
function withMutableFieldsOf(spec: PodSpec, before: PodSpec): PodSpec {
  const grace = before.terminationGracePeriodSeconds ?? 0;
  const mayShorten = grace < 0 && spec.terminationGracePeriodSeconds === 1;
  return compact<PodSpec>({
    ...spec,
    containers: withImagesOf(spec.containers, before.containers) ?? [],
    initContainers: withImagesOf(spec.initContainers, before.initContainers),
    ephemeralContainers: before.ephemeralContainers,
    activeDeadlineSeconds: before.activeDeadlineSeconds,
    tolerations: before.tolerations,
    nodeName: before.nodeName === undefined ? undefined : spec.nodeName,
    schedulingGates: before.schedulingGates,
    terminationGracePeriodSeconds: mayShorten
      ? before.terminationGracePeriodSeconds
      : spec.terminationGracePeriodSeconds,
  });
}

function withImagesOf(
  containers: readonly Container[] | undefined,
  before: readonly Container[] | undefined,
): readonly Container[] | undefined {
  return containers?.map((container, index) =>
    container === before?.[index]
      ? container
      : compact<Container>({
          ...container,
          image: before?.[index]?.image,
          resources: before?.[index]?.resources,
        }),
  );
}

/** Sizes may change, and how the Pod is treated for them may not. @see kubernetes `ValidatePodResize` */
function validateQosClass(now: PodSpec, before: PodSpec): readonly FieldError[] {
  const qosClass = qosClassOf(before);
  return qosClassOf(now) === qosClass
    ? []
    : [invalid('spec', qosClass, 'Pod QOS Class may not change as a result of resizing')];
}

type Gates = readonly { readonly name: string }[];

function validateAddedGates(gates: Gates = [], before: Gates = []): readonly FieldError[] {
  const names = new Set(before.map(({ name }) => name));
  const added = new Map<string, number>();
  gates.forEach(({ name }, index) => {
    if (!names.has(name)) added.set(name, index);
  });
  return [...added].map(([name, index]) =>
    forbidden(
      `spec.schedulingGates[${index}].name`,
      `only deletion is allowed, but found new scheduling gate '${name}'`,
    ),
  );
}

function validateDeadlineChange(
  { activeDeadlineSeconds: now }: PodSpec,
  { activeDeadlineSeconds: before }: PodSpec,
): readonly FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  if (now !== undefined && (now < 0 || now > INT32_MAX))
    return [invalid(field, now, `must be between 0 and ${INT32_MAX}, inclusive`)];
  if (before === undefined || now === before) return [];
  if (now === undefined)
    return [invalid(field, now, 'must not update from a positive integer to nil value')];
  return now > before ? [invalid(field, now, 'must be less than or equal to previous value')] : [];
}

/** Only how long a taint is tolerated may change, and new ones may come. */
function validateAddedTolerations(
  now: readonly Toleration[],
  before: readonly Toleration[],
): readonly FieldError[] {
  if (now === before) return [];
  const key = ({ tolerationSeconds: _seconds, ...rest }: Toleration): string =>
    JSON.stringify(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const kept = new Set(now.map(key));
  return before.every((toleration) => kept.has(key(toleration)))
    ? validateTolerations('spec.tolerations', now)
    : [
        forbidden(
          'spec.tolerations',
          'existing toleration can not be modified except its tolerationSeconds',
        ),
      ];
}
