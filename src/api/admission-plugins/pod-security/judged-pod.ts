import type { Container, PodSpec, PodTemplateSpec } from '../../types.ts';

/** A Pod, or the template of one, as checks look at it. */
export interface JudgedPod {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  /** Those that initialize it first, those for debugging last. */
  readonly containers: readonly Container[];
}

/** What a Pod does that a level forbids. */
export interface Violation {
  /** Enough to tell it from others. */
  readonly reason: string;
  /** Who does it, and what should be. */
  readonly detail: string;
}

/** Undefined where the Pod may be as it is. */
export type CheckPod = (pod: JudgedPod) => Violation | undefined;

/** Whose field a check is about. */
export interface Setters {
  /** Whether the Pod says it for all its containers. */
  readonly isPod?: boolean;
  readonly containers: readonly Pick<Container, 'name'>[];
}

/** What there is to check of a Pod or a template. */
export function judgedPod({ metadata, spec = { containers: [] } }: PodTemplateSpec): JudgedPod {
  const { initContainers = [], containers, ephemeralContainers = [] } = spec;
  return {
    annotations: metadata?.annotations ?? {},
    spec,
    containers: [...initContainers, ...containers, ...ephemeralContainers],
  };
}

/** `pod and containers "a", "b"`; '' for nobody. */
export function nameSetters({ isPod = false, containers }: Setters): string {
  return [
    ...(isPod ? ['pod'] : []),
    ...(containers.length > 0 ? [named('container', namesOf(containers))] : []),
  ].join(' and ');
}

/** `volume "a"`, `volumes "a", "b"` */
export function named(noun: string, names: readonly string[]): string {
  return `${plural(noun, names)} ${quoted(names)}`;
}

/** `"a", "b"` */
export function quoted(texts: readonly string[]): string {
  return texts.map((text) => `"${text}"`).join(', ');
}

/** The noun for as many as there are. */
export function plural(noun: string, { length }: readonly unknown[]): string {
  return length === 1 ? noun : `${noun}s`;
}

/** What so many do: one `uses`, several `use`. */
export function useOf({ length }: readonly unknown[]): string {
  return length === 1 ? 'uses' : 'use';
}

/** Each once, in order. */
export function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}

export function namesOf(list: readonly { readonly name: string }[]): readonly string[] {
  return list.map(({ name }) => name);
}
