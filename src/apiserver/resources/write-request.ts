import { ApiError, type AccessQuestion, type Store, type WriteRequest } from '../../api/index.ts';
import { decideAccess } from '../authorization/index.ts';
import type { Target } from '../context.ts';
import type { ApiRequest, User } from '../request.ts';

/** Of what a write says something about itself. */
interface Writing {
  readonly target: Target;
  readonly store: Pick<Store, 'get' | 'list'>;
}

/** Who asks for a write, as the rules of admission see it. @param told takes what the client is to be told */
export function writeRequestOf(
  { user, query }: Pick<ApiRequest, 'user'> & Partial<Pick<ApiRequest, 'query'>>,
  { target: { version, subresource }, store }: Writing,
  told: string[],
): WriteRequest {
  return {
    user,
    version,
    subresource,
    options: optionsOf(query),
    warn: (text) => void told.push(text),
    authorize: ({ user: other, ...question }: AccessQuestion) =>
      decideAccess(other === undefined ? user : accountOf(other), question, store),
  };
}

function optionsOf(query: URLSearchParams | undefined): Readonly<Record<string, string>> {
  const options: Record<string, string> = {};
  for (const name of ['fieldManager', 'fieldValidation']) {
    const value = query?.get(name) ?? '';
    if (value !== '') options[name] = value;
  }
  return options;
}

/** A ServiceAccount by its name as a user. */
function accountOf(name: string): User {
  const [, , namespace = ''] = name.split(':');
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return { name, groups: [...groups, 'system:authenticated'] };
}

/** The part of the object that a write is about, for the store. */
export function subresourceOf({ subresource }: Target): {
  readonly subresource?: 'status' | 'finalize';
} {
  return subresource === 'status' || subresource === 'finalize' ? { subresource } : {};
}

/** What `run` gives; where it fails the client is told all the same. */
export async function tellingAnyway<T>(told: readonly string[], run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ApiError) error.warnings.unshift(...told);
    throw error;
  }
}
