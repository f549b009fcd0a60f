import { deepEqual } from '../deep-equal.ts';
import { at, fields, items, word } from '../kinds/object-path.ts';
import { fractionWarnings } from './fractions.ts';

/** A container, and where it stands. */
export interface PlacedContainer {
  readonly container: unknown;
  readonly field: string;
}

const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;
const SECCOMP = 'container.seccomp.security.alpha.kubernetes.io/';
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
/** Amounts of bytes, one after the other. */
const BYTES = [['memory'], ['ephemeral-storage']] as const;

/** Every container of a Pod's spec. */
export function containersOf(spec: unknown, field: string): readonly PlacedContainer[] {
  return LISTS.flatMap((list) =>
    items(spec, list).map((container, index) => ({
      container,
      field: `${field}.${list}[${index}]`,
    })),
  );
}

/** What containers share. */
export interface ContainerContext {
  readonly annotations: Readonly<Record<string, unknown>>;
  /** Before `metadata`; '' in a Pod. */
  readonly prefix: string;
  readonly spec: unknown;
}

/** Of one container. */
export function containerWarnings(
  { container, field }: PlacedContainer,
  context: ContainerContext,
): readonly string[] {
  const { limits, requests } = fields(container, 'resources');
  return [
    ...profileWarnings(container, context),
    ...BYTES.flatMap((names) => [
      ...fractionWarnings(limits, `${field}.resources.limits`, names),
      ...fractionWarnings(requests, `${field}.resources.requests`, names),
    ]),
    ...envWarnings(items(container, 'env'), `${field}.env`),
  ];
}

/** Annotations of what fields say now. */
function profileWarnings(
  container: unknown,
  { annotations, prefix, spec }: ContainerContext,
): readonly string[] {
  const name = word(container, 'name');
  const warnings: string[] = [];
  const isSet = (key: string, profile: string): boolean =>
    annotations[key] !== undefined && at(container, `securityContext.${profile}`) === undefined;
  if (isSet(SECCOMP + name, 'seccompProfile'))
    warnings.push(
      `${prefix}metadata.annotations[${SECCOMP + name}]: non-functional in v1.27+; use the "seccompProfile" field instead`,
    );
  // Pods have the field filled in from the annotation.
  if (prefix === '' || !isSet(APP_ARMOR + name, 'appArmorProfile')) return warnings;
  const ofPod = at(spec, 'securityContext.appArmorProfile');
  if (ofPod === undefined || !deepEqual(ofPod, profileOf(annotations[APP_ARMOR + name])))
    warnings.push(
      `${prefix}metadata.annotations[${APP_ARMOR + name}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
    );
  return warnings;
}

const LOCALHOST = 'localhost/';

/** The profile that an annotation means. @see kubernetes `ApparmorFieldForAnnotation` */
function profileOf(annotation: unknown): unknown {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  if (typeof annotation !== 'string' || !annotation.startsWith(LOCALHOST)) return undefined;
  const localhostProfile = annotation.slice(LOCALHOST.length);
  return localhostProfile === '' ? undefined : { type: 'Localhost', localhostProfile };
}

/** Of variables that hide another of their name, unless they are made of it. */
function envWarnings(env: readonly unknown[], field: string): readonly string[] {
  const names = env.map((variable) => word(variable, 'name'));
  return env.flatMap((variable, index) => {
    const name = names[index] ?? '';
    if (names.indexOf(name) === index) return [];
    const [value, reference] = [word(variable, 'value'), `$(${name})`];
    const isMadeOfIt =
      at(variable, 'valueFrom') === undefined && value !== reference && value.includes(reference);
    return isMadeOfIt
      ? []
      : [
          `${field}[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
        ];
  });
}
