import type { FieldError } from '../../errors.ts';
import { forbidden } from '../validate/field-errors.ts';
import { validateAnnotations, validateLabels } from '../validate/labels.ts';

interface Metadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** In the order of the struct. */
const FORBIDDEN = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

/** Of what a claim of a Pod is made from: labels and annotations alone. @see kubernetes `ValidateTemplateObjectMeta` */
export function validateTemplateMetadata(
  field: string,
  metadata: Metadata = {},
): readonly FieldError[] {
  const given = metadata as Readonly<Record<string, unknown>>; // fields that it may not have, too
  return [
    ...validateAnnotations(`${field}.metadata.annotations`, metadata.annotations),
    ...validateLabels(`${field}.metadata.labels`, metadata.labels),
    ...FORBIDDEN.filter((name) => isSet(given[name])).map((name) =>
      // Go's name of the field, its first letter small.
      forbidden(`${field}.metadata.${name === 'uid' ? 'uID' : name}`, 'cannot be set'),
    ),
  ];
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== 0;
}
