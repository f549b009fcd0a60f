import type { Mutated } from '../admission-rules.ts';
import { ApiError } from '../errors.ts';
import { invalidField, invalidObject } from '../field-errors.ts';
import type { KindDefinition } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { ObjectMeta } from '../types.ts';
import { withMetadata } from '../write.ts';

/**
 * The object as policies and webhooks left it, still the one that the request is about.
 *
 * @throws ApiError where it is of another kind, or elsewhere. @see apiserver `rest.BeforeCreate`, `rest.BeforeUpdate`
 */
export function checkMutated(
  definition: KindDefinition,
  mutated: KubeObject,
  { given, old }: Mutated,
): KubeObject {
  checkKind(mutated, given);
  const home = inNamespace(mutated, given.metadata.namespace ?? '');
  if (old !== undefined) checkIdentity(definition, home.metadata, old.metadata);
  return home;
}

function checkKind({ apiVersion, kind }: KubeObject, given: KubeObject): void {
  if (apiVersion === given.apiVersion && kind === given.kind) return;
  throw new ApiError(
    'InternalError',
    `Internal error occurred: failed to convert object: converting (${apiVersion}, ${kind}) to (${given.apiVersion}, ${given.kind}): unknown conversion`,
  );
}

/** @throws ApiError BadRequest for another namespace than the request's. */
function inNamespace(mutated: KubeObject, wanted: string): KubeObject {
  // What a patch leaves may lack it.
  const metadata: Partial<ObjectMeta> = mutated.metadata ?? {};
  const { namespace = '', name = '' } = metadata;
  if (namespace === wanted && metadata.name === name) return mutated;
  if (namespace !== '' && wanted !== '' && namespace !== wanted)
    throw new ApiError(
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  return withMetadata(mutated, { ...metadata, name, namespace: wanted });
}

/** @throws ApiError Invalid for another name, or another life. */
function checkIdentity(
  definition: KindDefinition,
  { name, uid }: ObjectMeta,
  old: ObjectMeta,
): void {
  const errors = [
    ...(name === old.name ? [] : [invalidField('metadata.name', name, 'field is immutable')]),
    ...((uid ?? '') === '' || uid === old.uid
      ? []
      : [invalidField('metadata.uid', uid, 'field is immutable')]),
  ];
  if (errors.length > 0) throw invalidObject(definition, name, errors);
}
