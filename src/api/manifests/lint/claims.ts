import { describeObject } from '../describe-object.ts';
import { nearestName } from '../../../net/index.ts';
import type { ManifestDocument } from '../parse.ts';
import type { Problem } from '../problem.ts';
import { fieldOf, missingReference, podSpecs } from './pod-templates.ts';
import { namespaceOf, STORAGE_CLASS, type LintInput } from './rule.ts';

/** Claims that nobody makes, and claims of classes that are not there: their Pods stay pending. */
export function lintClaims(input: LintInput): readonly Problem[] {
  return [...missingClaims(input), ...classlessClaims(input)];
}

function missingClaims(input: LintInput): readonly Problem[] {
  return podSpecs(input).flatMap(({ document, path, spec }) =>
    listOf(fieldOf(spec, 'volumes')).flatMap((volume, index) => {
      const name = fieldOf(fieldOf(volume, 'persistentVolumeClaim'), 'claimName');
      if (typeof name !== 'string' || name === '' || isOfStatefulSet(name, document, input))
        return [];
      const field = `${path}.volumes[${index}].persistentVolumeClaim.claimName`;
      return missingReference(
        { kind: 'PersistentVolumeClaim', name, document, field },
        input,
        (namespace) =>
          `claimName "${name}" is no PersistentVolumeClaim in namespace ${namespace}, so its Pods stay pending`,
      );
    }),
  );
}

/** Whether a StatefulSet makes the claim for one of its Pods: `data-db-0`. */
function isOfStatefulSet(claim: string, document: ManifestDocument, input: LintInput): boolean {
  return input
    .ofKind('StatefulSet')
    .filter((set) => namespaceOf(set) === namespaceOf(document))
    .some(({ object }) =>
      (object.spec?.volumeClaimTemplates ?? []).some(({ metadata }) => {
        const prefix = `${metadata.name}-${object.metadata.name}-`;
        return claim.startsWith(prefix) && /^\d+$/.test(claim.slice(prefix.length));
      }),
    );
}

interface ClassName {
  readonly document: ManifestDocument;
  readonly field: string;
  readonly name: unknown;
}

/** A class need not be there where a volume of it is. */
function classlessClaims(input: LintInput): readonly Problem[] {
  const volumes = input
    .ofKind('PersistentVolume')
    .map(({ object }) => object.spec?.storageClassName);
  const classes = input.documents
    .filter(({ object }) => object.kind === 'StorageClass')
    .map(({ object }) => object.metadata.name);
  const known = new Set([...volumes, ...classes]);
  return classNames(input).flatMap(({ document, field, name }): readonly Problem[] => {
    if (typeof name !== 'string' || name === '' || known.has(name)) return [];
    if (input.exists(STORAGE_CLASS, undefined, name)) return [];
    const nearest = nearestName(name, classes);
    const advice = `Leave the field out for the default class, or add a StorageClass "${name}": podlane makes volumes for any.`;
    return [
      {
        severity: 'warning',
        message: `storageClassName "${name}" is no StorageClass, so Pods with this claim stay pending`,
        position: document.positionOf(field),
        object: describeObject(document.object),
        hint: nearest === undefined ? advice : `Did you mean "${nearest}"?`,
      },
    ];
  });
}

function classNames({ documents }: LintInput): readonly ClassName[] {
  return documents.flatMap((document): readonly ClassName[] => {
    const { kind, spec } = document.object;
    const path = 'spec.storageClassName';
    if (kind === 'PersistentVolumeClaim')
      return [{ document, field: path, name: fieldOf(spec, 'storageClassName') }];
    if (kind !== 'StatefulSet') return [];
    return listOf(fieldOf(spec, 'volumeClaimTemplates')).map((template, index) => ({
      document,
      field: `spec.volumeClaimTemplates[${index}].${path}`,
      name: fieldOf(fieldOf(template, 'spec'), 'storageClassName'),
    }));
  });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
