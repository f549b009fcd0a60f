import type { KindMap } from '../../types.ts';
import { describeObject } from '../describe-object.ts';
import { nearestName } from '../../../net/index.ts';
import type { ManifestDocument } from '../parse.ts';
import type { Problem } from '../problem.ts';
import { namespaceOf, type LintInput } from './rule.ts';

/** Where a Pod, or the template of one, has its spec. */
const SPECS = [
  ['spec'],
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
] as const;

/** Kinds that something here makes Pods of; others may mean what they like by such fields. */
const KINDS: ReadonlySet<string> = new Set([
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Job',
  'Pod',
  'ReplicaSet',
  'StatefulSet',
]);

/** The spec of a Pod as a document writes it. */
export interface WrittenSpec {
  readonly document: ManifestDocument;
  /** `spec.template.spec` */
  readonly path: string;
  readonly spec: unknown;
}

/** Specs of the Pods that something here makes, as they are written: nothing says that they are whole. */
export function podSpecs({ documents }: LintInput): readonly WrittenSpec[] {
  return documents
    .filter(({ object }) => KINDS.has(object.kind))
    .flatMap((document) =>
      SPECS.map((path) => ({
        document,
        path: path.join('.'),
        spec: path.reduce<unknown>(fieldOf, document.object),
      })),
    );
}

/** A field of what may be anything. */
export function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[field]; // some object: any field may be looked at
}

/** What a Pod's spec names. */
export interface Reference {
  readonly kind: keyof KindMap;
  readonly name: string;
  readonly document: ManifestDocument;
  /** Path of the field that names it. */
  readonly field: string;
}

/** A warning for a reference to what is neither in the manifests nor in the cluster. @param message tells it. */
export function missingReference(
  { kind, name, document, field }: Reference,
  input: LintInput,
  message: (namespace: string) => string,
): readonly Problem[] {
  const namespace = namespaceOf(document);
  const names = input
    .ofKind(kind)
    .filter((candidate) => namespaceOf(candidate) === namespace)
    .map(({ object }) => object.metadata.name);
  if (names.includes(name) || input.exists(kind, namespace, name)) return [];
  const nearest = nearestName(name, names);
  return [
    {
      severity: 'warning',
      message: message(namespace),
      position: document.positionOf(field),
      object: describeObject(document.object),
      hint: nearest === undefined ? `Add a ${kind} "${name}".` : `Did you mean "${nearest}"?`,
    },
  ];
}
