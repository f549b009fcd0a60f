import { forbiddenField, invalidField, requiredField } from './field-errors.ts';
import type { FieldError } from './errors.ts';
import type { KindDefinition } from './kind.ts';
import { metadataChecksOf } from './metadata-checks.ts';
import { checkDnsLabel, checkDnsSubdomain, checkLabelValue, checkQualifiedName } from './names.ts';
import type { KubeObject } from './object.ts';
import type { ObjectMeta, OwnerReference } from './types.ts';

const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** Holds an object until what it owns is gone, or no longer points at it; @see metav1.FinalizerDeleteDependents */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
export const ORPHAN_FINALIZER = 'orphan';

/** Groups whose finalizers may be any qualified name: their metadata is validated by apimachinery alone. */
const LOOSE_GROUPS: readonly string[] = [
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'policy',
];

const STANDARD_FINALIZERS: readonly string[] = [
  'kubernetes',
  ORPHAN_FINALIZER,
  FOREGROUND_FINALIZER,
];

/** Errors of a new object's metadata; @see apimachinery `ValidateObjectMeta` */
export function validateObjectMeta(
  object: KubeObject,
  definition: KindDefinition,
): readonly FieldError[] {
  const { metadata } = object;
  return [
    ...validateGenerateName(object, definition),
    ...validateName(object, definition),
    ...validateNamespace(metadata, definition),
    ...validateGeneration(metadata),
    ...validateFields(metadata),
    ...validateFinalizers(metadata),
    ...validateStandardFinalizers(metadata, definition),
  ];
}

/**
 * Errors of a changed object's metadata, as often as they are found: the registry looks at all of it and at what changed,
 * then the kind's strategy does.
 *
 * @see apiserver `rest.BeforeUpdate`; apimachinery `ValidateObjectMetaUpdate`
 */
export function validateObjectMetaUpdate(
  object: KubeObject,
  old: KubeObject,
  { definition, isOfStatus }: { readonly definition: KindDefinition; readonly isOfStatus: boolean },
): readonly FieldError[] {
  const { metadata } = object;
  if (metadata === old.metadata) return [];
  const generateName = validateGenerateName(object, definition);
  const fields = validateFields(metadata, old.metadata);
  const finalizers = validateFinalizers(metadata, old.metadata);
  const standard = validateStandardFinalizers(metadata, definition, old.metadata);
  const changes = validateChanges(metadata, old.metadata);
  const byKind = {
    whole: [...generateName, ...fields, ...finalizers, ...standard],
    change: [...changes, ...fields, ...standard],
  };
  // What is right is looked at once.
  if (byKind.whole.length + changes.length === 0) return [];
  return [
    ...validateGeneratePath(metadata),
    ...fields,
    ...finalizers,
    ...changes,
    ...fields,
    ...metadataChecksOf(definition, isOfStatus).flatMap((check) => byKind[check]),
  ];
}

function validateChanges(metadata: ObjectMeta, old: ObjectMeta): readonly FieldError[] {
  return [
    ...validateNewFinalizers(metadata, old),
    ...immutable('uid', metadata.uid, old.uid),
    ...immutable('deletionTimestamp', metadata.deletionTimestamp, old.deletionTimestamp),
    ...immutable(
      'deletionGracePeriodSeconds',
      metadata.deletionGracePeriodSeconds,
      old.deletionGracePeriodSeconds,
    ),
  ];
}

function immutable(field: string, value: unknown, old: unknown): readonly FieldError[] {
  if (value === old) return [];
  return [invalidField(`metadata.${field}`, value, 'field is immutable')];
}

/** A dash at its end is fine, as something follows. @see apimachinery `maskTrailingDash` */
function validateGenerateName(
  object: KubeObject,
  definition: KindDefinition,
): readonly FieldError[] {
  const { generateName = '' } = object.metadata;
  if (generateName === '') return [];
  const masked = /^\.\.?$/.test(generateName)
    ? `${generateName}a`
    : generateName.replace(/.-$/s, 'a');
  return complaintsOf(masked, object, definition).map((text) =>
    invalidField('metadata.generateName', generateName, text),
  );
}

/** All that the registry knows of a generateName. @see apimachinery `IsPathSegmentPrefix` */
function validateGeneratePath({ generateName = '' }: ObjectMeta): readonly FieldError[] {
  return ['/', '%']
    .filter((character) => generateName.includes(character))
    .map((character) =>
      invalidField('metadata.generateName', generateName, `may not contain '${character}'`),
    );
}

function validateName(object: KubeObject, definition: KindDefinition): readonly FieldError[] {
  // What a client left out is not there.
  const { name }: Partial<ObjectMeta> = object.metadata;
  if (name === '' || name === undefined)
    return [requiredField('metadata.name', 'name or generateName is required')];
  return complaintsOf(name, object, definition).map((text) =>
    invalidField('metadata.name', name, text),
  );
}

function complaintsOf(
  name: string,
  object: KubeObject,
  definition: KindDefinition,
): readonly string[] {
  return definition.validateName?.(name, object) ?? checkDnsSubdomain(name);
}

function validateNamespace(
  { namespace = '' }: ObjectMeta,
  definition: KindDefinition,
): readonly FieldError[] {
  const field = 'metadata.namespace';
  // Nobody knows the scope of a kind that is only guessed: its objects tell.
  if (definition.origin === 'guessed' && namespace === '') return [];
  if (definition.origin !== 'guessed' && !definition.isNamespaced && namespace !== '')
    return [forbiddenField(field, 'not allowed on this type')];
  if (namespace === '') return definition.isNamespaced ? [requiredField(field)] : [];
  return checkDnsLabel(namespace).map((text) => invalidField(field, namespace, text));
}

function validateGeneration({ generation = 0 }: ObjectMeta): readonly FieldError[] {
  if (generation >= 0) return [];
  return [invalidField('metadata.generation', generation, 'must be greater than or equal to 0')];
}

/** @param old Was found valid before; what is shared with it is not looked at again. */
function validateFields(metadata: ObjectMeta, old?: ObjectMeta): readonly FieldError[] {
  const { labels, annotations, ownerReferences } = metadata;
  return [
    ...unless(labels, old?.labels, (value) => validateLabels(value, 'metadata.labels')),
    ...unless(annotations, old?.annotations, validateAnnotations),
    ...unless(ownerReferences, old?.ownerReferences, validateOwnerReferences),
  ];
}

/** What `validate` says of `value`, unless it is absent or the very one that is `known`. */
function unless<T>(
  value: T | undefined,
  known: T | undefined,
  validate: (value: T) => readonly FieldError[],
): readonly FieldError[] {
  return value === undefined || value === known ? [] : validate(value);
}

/** Errors of a map of labels at `field`. */
export function validateLabels(
  labels: Readonly<Record<string, string>>,
  field: string,
): readonly FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...checkQualifiedName(key).map((text) => invalidField(field, key, text)),
    ...checkLabelValue(value).map((text) => invalidField(field, value, text)),
  ]);
}

function validateAnnotations(annotations: Readonly<Record<string, string>>): readonly FieldError[] {
  const field = 'metadata.annotations';
  const errors: FieldError[] = [];
  let sizeBytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    // Keys of annotations are compared without regard to case.
    errors.push(
      ...checkQualifiedName(key.toLowerCase()).map((text) => invalidField(field, key, text)),
    );
    sizeBytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (sizeBytes <= MAX_ANNOTATIONS_BYTES) return errors;
  const message = `Too long: may not be more than ${MAX_ANNOTATIONS_BYTES} bytes`;
  return [...errors, { type: 'TooLong', field, message }];
}

function validateOwnerReferences(references: readonly OwnerReference[]): readonly FieldError[] {
  const errors = references.flatMap((reference) => validateOwnerReference(reference));
  const controllers = references.filter(({ controller }) => controller === true);
  const [first, ...others] = controllers.map(({ kind, name }) => `${kind}/${name}`);
  for (const other of others)
    errors.push(
      invalidField(
        'metadata.ownerReferences',
        references,
        `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${other}`,
      ),
    );
  return errors;
}

function validateOwnerReference(reference: OwnerReference): FieldError[] {
  const field = 'metadata.ownerReferences';
  const { apiVersion = '', kind = '', name = '', uid = '' } = reference as Partial<OwnerReference>;
  const errors: FieldError[] = [];
  if (apiVersion.replace(/^.*\//, '') === '')
    errors.push(invalidField(`${field}.apiVersion`, apiVersion, 'version must not be empty'));
  for (const [key, value] of Object.entries({ kind, name, uid }))
    if (value === '') errors.push(invalidField(`${field}.${key}`, value, 'must not be empty'));
  if (apiVersion === 'v1' && kind === 'Event')
    errors.push(
      invalidField(field, reference, '/v1, Kind=Event is disallowed from being an owner'),
    );
  return errors;
}

function validateFinalizers(metadata: ObjectMeta, old?: ObjectMeta): readonly FieldError[] {
  return unless(metadata.finalizers, old?.finalizers, (finalizers) => {
    const field = 'metadata.finalizers';
    const errors = finalizers.flatMap((finalizer) =>
      checkQualifiedName(finalizer).map((text) => invalidField(field, finalizer, text)),
    );
    if (!finalizers.includes(ORPHAN_FINALIZER) || !finalizers.includes(FOREGROUND_FINALIZER))
      return errors;
    const detail = `finalizer ${ORPHAN_FINALIZER} and ${FOREGROUND_FINALIZER} cannot be both set`;
    return [...errors, invalidField(field, finalizers, detail)];
  });
}

function validateStandardFinalizers(
  metadata: ObjectMeta,
  definition: KindDefinition,
  old?: ObjectMeta,
): readonly FieldError[] {
  const isLoose = LOOSE_GROUPS.includes(definition.group) || definition.kind === 'Event';
  if (definition.origin !== 'builtin' || isLoose) return [];
  return unless(metadata.finalizers, old?.finalizers, (finalizers) =>
    finalizers.flatMap((finalizer, index) =>
      validateStandardFinalizer(`metadata.finalizers[${index}]`, finalizer),
    ),
  );
}

/** A finalizer without a domain is one that Kubernetes knows. @see kubernetes `validateKubeFinalizerName` */
export function validateStandardFinalizer(field: string, finalizer: string): readonly FieldError[] {
  if (finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return [];
  const detail = 'name is neither a standard finalizer name nor is it fully qualified';
  return [invalidField(field, finalizer, detail)];
}

/** Finalizers may only leave an object that is being deleted. */
function validateNewFinalizers(metadata: ObjectMeta, old: ObjectMeta): readonly FieldError[] {
  if (old.deletionTimestamp === undefined) return [];
  const kept = old.finalizers ?? [];
  const added = (metadata.finalizers ?? []).filter((finalizer) => !kept.includes(finalizer));
  if (added.length === 0) return [];
  const list = added.toSorted().map((finalizer) => JSON.stringify(finalizer));
  return [
    forbiddenField(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list.join(', ')}}`,
    ),
  ];
}
