import { formatQuantity, type Quantity } from '../quantity.ts';
import type { LimitRange } from './limit-range-kind.ts';
import type { Container, LimitRangeItem, PersistentVolumeClaim, Pod } from '../types.ts';
import type { KubeObject } from '../object.ts';
import { millisOf, readAmounts, unitsOf, type Amounts } from './amounts.ts';
import { podAmounts } from './pod-amounts.ts';

/** What an object asks for, and how much of it it may have. */
interface Asked {
  readonly requests: Amounts;
  /** Undefined where nobody reads them. */
  readonly limits: Amounts | undefined;
}

const ANNOTATION = 'kubernetes.io/limit-ranger';
/** Beyond this thousandths do not fit; @see apimachinery `resource.MaxMilliValue` */
const MAX_FINE = (2n ** 63n - 1n) / 1000n;
const ABSENT: Quantity = { nanos: 0n, format: 'DecimalSI' };
const NOTHING: Amounts = new Map();

/**
 * A new Pod with the defaults of its Namespace's LimitRanges where its containers say nothing, and an annotation that
 * tells which.
 *
 * @see kubernetes `plugin/pkg/admission/limitranger`
 */
export function withDefaultLimits(object: KubeObject, ranges: readonly LimitRange[]): KubeObject {
  let pod = object as unknown as Pod; // a Pod by its kind, and read as one
  for (const range of ranges) pod = withDefaultsOf(pod, range);
  return pod as unknown as KubeObject;
}

function withDefaultsOf(pod: Pod, { spec }: LimitRange): Pod {
  if (pod.spec?.containers === undefined) return pod;
  const own = (spec?.limits ?? []).filter(({ type }) => type === 'Container');
  const defaults: Defaults = {
    limits: Object.assign({}, ...own.map((item) => item.default ?? {})) as Defaults['limits'],
    requests: Object.assign(
      {},
      ...own.map((item) => item.defaultRequest ?? {}),
    ) as Defaults['requests'],
  };
  const { containers, initContainers } = pod.spec;
  const told: string[] = [];
  const fill = (list: readonly Container[], word: string): readonly Container[] =>
    list.map((container) => {
      const [filled, notes] = fillContainer(container, defaults);
      told.push(...notes.map((note) => `${note} for ${word} ${container.name}`));
      return filled;
    });
  const filled = fill(containers, 'container');
  const filledInit =
    initContainers === undefined ? undefined : fill(initContainers, 'init container');
  if (told.length === 0) return pod;
  const { metadata } = pod;
  const note = `LimitRanger plugin set: ${told.join('; ')}`;
  return {
    ...pod,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [ANNOTATION]: note } },
    spec: { ...pod.spec, containers: filled, ...(filledInit && { initContainers: filledInit }) },
  };
}

interface Defaults {
  readonly limits: Readonly<Record<string, string>>;
  readonly requests: Readonly<Record<string, string>>;
}

/** The container with what it left out, and which amounts that are. */
function fillContainer(
  container: Container,
  defaults: Defaults,
): readonly [Container, readonly string[]] {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const missing = (own: object, from: object): readonly string[] =>
    Object.keys(from)
      .filter((name) => !Object.hasOwn(own, name))
      .toSorted();
  const [newRequests, newLimits] = [
    missing(requests, defaults.requests),
    missing(limits, defaults.limits),
  ];
  if (newRequests.length + newLimits.length === 0) return [container, []];
  const all = {
    limits: { ...defaults.limits, ...limits },
    requests: { ...defaults.requests, ...requests },
  };
  return [
    {
      ...container,
      resources: {
        ...container.resources,
        ...(Object.keys(all.limits).length > 0 && { limits: all.limits }),
        ...(Object.keys(all.requests).length > 0 && { requests: all.requests }),
      },
    },
    [
      ...(newRequests.length > 0 ? [`${newRequests.join(', ')} request`] : []),
      ...(newLimits.length > 0 ? [`${newLimits.join(', ')} limit`] : []),
    ],
  ];
}

/** What of a Pod or of a claim is outside of a LimitRange, in the API server's words. */
export function limitProblems(object: KubeObject, { spec }: LimitRange): readonly string[] {
  const items = spec?.limits ?? [];
  // Both by their kind.
  if (object.kind === 'Pod')
    return items.flatMap((item) => podProblems(object as unknown as Pod, item));
  return items.flatMap((item) => claimProblems(object as unknown as PersistentVolumeClaim, item));
}

function podProblems({ spec }: Pod, item: LimitRangeItem): readonly string[] {
  if (spec === undefined) return [];
  if (item.type === 'Pod')
    return problemsOf(item, {
      requests: podAmounts(spec, 'requests'),
      limits: podAmounts(spec, 'limits'),
    });
  if (item.type !== 'Container') return [];
  return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
    problemsOf(item, {
      requests: readAmounts(resources?.requests),
      limits: readAmounts(resources?.limits),
    }),
  );
}

/** Of a claim only what it requests counts. */
function claimProblems({ spec }: PersistentVolumeClaim, item: LimitRangeItem): readonly string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const { maxLimitRequestRatio: _, ...enforced } = item;
  return problemsOf(enforced, {
    requests: readAmounts(spec?.resources?.requests),
    limits: undefined,
  });
}

function problemsOf(item: LimitRangeItem, asked: Asked): readonly string[] {
  const check = (
    amounts: LimitRangeItem['max'],
    constraint: (name: string, enforced: Quantity) => string | undefined,
  ): readonly string[] =>
    Array.from(readAmounts(amounts)).flatMap(
      ([name, enforced]) => constraint(name, enforced) ?? [],
    );
  return [
    ...check(item.min, (name, enforced) =>
      tooLittle(`minimum ${name} usage per ${item.type}`, { name, enforced, ...asked }),
    ),
    ...check(item.max, (name, enforced) =>
      tooMuch(`maximum ${name} usage per ${item.type}`, { name, enforced, ...asked }),
    ),
    ...check(item.maxLimitRequestRatio, (name, enforced) =>
      tooFarApart(`${name} max limit to request ratio per ${item.type}`, {
        name,
        enforced,
        ...asked,
      }),
    ),
  ];
}

interface Constraint extends Asked {
  readonly name: string;
  readonly enforced: Quantity;
}

function tooLittle(
  what: string,
  { name, enforced, requests, limits = NOTHING }: Constraint,
): string | undefined {
  const [request, limit] = [requests.get(name), limits.get(name)];
  const [asked, most, least] = sameScale(request, limit, enforced);
  const rule = `${what} is ${formatQuantity(enforced)}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (asked < least) return `${rule}, but request is ${formatQuantity(request)}`;
  if (limit !== undefined && most < least) return `${rule}, but limit is ${formatQuantity(limit)}`;
  return undefined;
}

function tooMuch(
  what: string,
  { name, enforced, requests, limits }: Constraint,
): string | undefined {
  const [request, limit] = [requests.get(name), limits?.get(name)];
  const [asked, most, greatest] = sameScale(request, limit, enforced);
  const rule = `${what} is ${formatQuantity(enforced)}`;
  if (limits === undefined && request === undefined) return `${rule}.  No request is specified`;
  if (limits !== undefined && limit === undefined) return `${rule}.  No limit is specified`;
  if (limit !== undefined && most > greatest)
    return `${rule}, but limit is ${formatQuantity(limit)}`;
  if (request !== undefined && asked > greatest)
    return `${rule}, but request is ${formatQuantity(request)}`;
  return undefined;
}

function tooFarApart(
  what: string,
  { name, enforced, requests, limits = NOTHING }: Constraint,
): string | undefined {
  const [asked, most] = sameScale(requests.get(name), limits.get(name), enforced);
  const rule = `${what} is ${formatQuantity(enforced)}`;
  if (asked === 0n) return `${rule}, but no request is specified or request is 0`;
  if (most === 0n) return `${rule}, but no limit is specified or limit is 0`;
  const ratio = Number(most) / Number(asked);
  return ratio * 1000 > Number(millisOf(enforced))
    ? `${rule}, but provided ratio is ${ratio.toFixed(6)}`
    : undefined;
}

/** In thousandths where they are few enough, else in whole units. */
function sameScale(
  request: Quantity = ABSENT,
  limit: Quantity = ABSENT,
  enforced: Quantity = ABSENT,
): readonly [bigint, bigint, bigint] {
  const isFine = [request, limit, enforced].every((quantity) => unitsOf(quantity) <= MAX_FINE);
  const scale = isFine ? millisOf : unitsOf;
  return [scale(request), scale(limit), scale(enforced)];
}
