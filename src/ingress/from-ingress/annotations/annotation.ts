import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

/** How far a careless value can reach. @see ingress-nginx, "annotation risks" */
export const RISKS = ['Low', 'Medium', 'High', 'Critical'] as const;
export type Risk = (typeof RISKS)[number];

/** One annotation of ingress-nginx, without its prefix. */
export interface Annotation {
  readonly name: string;
  /** Other names, used where this one is absent. */
  readonly aliases?: readonly string[];
  readonly risk: Risk;
  /** Whether a value is one; what is not is reported, and counts as absent. */
  readonly accepts: (value: string) => boolean;
  /** `ignored`: accepted, reported, without effect. `refused`: never applied. @default 'supported' */
  readonly support?: 'supported' | 'ignored' | 'refused';
  /** What it does here, or why nothing, as a short phrase: for people. */
  readonly effect: string;
}

/** Annotations that are read together. */
export interface AnnotationGroup {
  readonly name: string;
  readonly annotations: readonly Annotation[];
  /** What they ask for; absent for groups that have no effect. */
  readonly read?: (reader: AnnotationReader) => IngressSettings;
}
