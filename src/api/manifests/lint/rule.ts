import type { AddressPlan } from '../../../net/index.ts';
import type { KubeObject, ObjectOf } from '../../object.ts';
import type { KindMap, PodTemplateSpec } from '../../types.ts';
import type { ManifestDocument } from '../parse.ts';
import type { Problem } from '../problem.ts';

/** The kind has no generated type. */
export const STORAGE_CLASS = 'StorageClass.storage.k8s.io';

/** Finds what is legal and surely wrong. */
export type LintRule = (manifests: LintInput) => readonly Problem[];

/** One document whose kind has a generated type. */
export interface DocumentOf<K extends keyof KindMap> extends ManifestDocument {
  readonly object: KubeObject & ObjectOf<K>;
}

/** Pods that the manifests bring about. */
export interface PodSource {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodTemplateSpec['spec'];
}

/** What rules look at: all documents at once, by kind, and the Pods they make. */
export interface LintInput {
  readonly documents: readonly ManifestDocument[];
  readonly pods: readonly PodSource[];
  /** The documents of a kind that has a generated type. */
  ofKind<K extends keyof KindMap>(kind: K): readonly DocumentOf<K>[];
  /** Where Pods and Services have their addresses. */
  readonly ranges: Pick<AddressPlan, 'podCIDRs' | 'serviceCIDRs'>;
  /** Labels of a Namespace, those that the cluster has given it included. */
  labelsOf(namespace: string): Readonly<Record<string, string>>;
  /** Whether the cluster has an object of this name apart from the manifests. */
  exists(
    kind: keyof KindMap | typeof STORAGE_CLASS,
    namespace: string | undefined,
    name: string,
  ): boolean;
}

/** The namespace that an object of a namespaced kind goes to. */
export function namespaceOf({ object }: ManifestDocument): string {
  return object.metadata.namespace ?? 'default';
}
