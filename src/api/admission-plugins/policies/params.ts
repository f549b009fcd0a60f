import type { RuledWrite } from '../../admission-rules.ts';
import type { KindDefinition } from '../../kind.ts';
import type { KubeObject } from '../../object.ts';
import { compileLabelSelector } from '../../selectors.ts';
import type { ParamKind, ParamRef } from '../../types.ts';
import { placeOf } from './admission-request.ts';

/**
 * What a policy is to be asked with, once for each; one `undefined` where it takes nothing.
 *
 * @returns the text of what is wrong with the binding otherwise. @see apiserver `policy/generic`, CollectParams
 */
export function collectParams(
  kind: ParamKind | undefined,
  ref: ParamRef | undefined,
  write: RuledWrite,
): readonly (KubeObject | undefined)[] | string {
  if (kind === undefined || ref === undefined) return [undefined];
  const definition = write.kinds.byApiVersion(kind.apiVersion ?? '', kind.kind ?? '');
  const home = homeOf(definition, ref, write);
  if (home.problem !== undefined) return home.problem;
  const found = findParams(definition, { ref, namespace: home.namespace }, write);
  if (found.length > 0 || ref.parameterNotFoundAction !== 'Deny') return found;
  return 'no params found for policy binding with `Deny` parameterNotFoundAction';
}

/** The text of what is wrong with a kind that nobody knows. */
export function paramKindProblem(
  kind: ParamKind | undefined,
  { kinds }: RuledWrite,
): string | undefined {
  if (kind === undefined) return undefined;
  const { apiVersion = '', kind: name = '' } = kind;
  if (kinds.byApiVersion(apiVersion, name).origin !== 'guessed') return undefined;
  return `failed to find resource referenced by paramKind: '${apiVersion}, Kind=${name}'`;
}

interface Home {
  readonly namespace?: string;
  readonly problem?: string;
}

function homeOf({ isNamespaced }: KindDefinition, ref: ParamRef, write: RuledWrite): Home {
  const { namespace: named = '' } = ref;
  if (!isNamespaced)
    return named === ''
      ? {}
      : { problem: 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`' };
  const namespace = named === '' ? placeOf(write).namespace : named;
  return namespace === ''
    ? {
        problem:
          'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
      }
    : { namespace };
}

function findParams(
  { name: kind }: KindDefinition,
  { ref, namespace }: { readonly ref: ParamRef; readonly namespace: string | undefined },
  { store }: RuledWrite,
): readonly KubeObject[] {
  const { name = '', selector } = ref;
  if (name !== '') {
    const found = store.get<string>(kind, namespace, name);
    return found === undefined ? [] : [found];
  }
  const matches = compileLabelSelector(selector);
  return store
    .list<string>(kind, namespace === undefined ? {} : { namespace })
    .filter(({ metadata }) => matches(metadata.labels));
}
