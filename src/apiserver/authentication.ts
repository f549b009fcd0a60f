import { timingSafeEqual } from 'node:crypto';
import { ApiError } from '../api/index.ts';
import type { User } from './request.ts';

const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';
const KNOWN: readonly string[] = [AUTHENTICATED, UNAUTHENTICATED];

/** Who `kubectl` is with the credentials of the kubeconfig that a start writes. */
export const ADMIN: User = {
  name: 'kubernetes-admin',
  groups: ['system:masters', AUTHENTICATED],
};

/** What a connection and a request show of their client. */
export interface Credentials {
  /** Subject of a client certificate that our CA has signed. */
  readonly certificate?: { readonly commonName: string; readonly organizations: readonly string[] };
  /** The header `Authorization`. */
  readonly authorization: string | undefined;
  /** The headers `Impersonate-…`. */
  readonly impersonation: { readonly user: string | undefined; readonly groups: readonly string[] };
}

/** Who a bearer token stands for; undefined for nobody. */
export type TokenReviewer = (token: string) => User | undefined;

/**
 * Who asks.
 *
 * @throws ApiError Unauthorized without valid credentials, BadRequest for groups of nobody.
 * @see Kubernetes documentation, authenticating
 */
export function authenticate(
  { certificate, authorization, impersonation }: Credentials,
  review: TokenReviewer,
): User {
  const user =
    certificate === undefined
      ? userOfToken(authorization, review)
      : {
          name: certificate.commonName,
          groups: [...certificate.organizations, AUTHENTICATED],
        };
  if (user === undefined) throw new ApiError('Unauthorized', 'Unauthorized');
  if (impersonation.user !== undefined)
    return impersonated(impersonation.user, impersonation.groups, user);
  const wanted = impersonation.groups.map((group) => `{Group  ${group}    }`);
  if (wanted.length > 0)
    throw new ApiError(
      'BadRequest',
      `requested [${wanted.join(' ')}] without impersonating a user`,
    );
  return user;
}

/** Somebody else, in the groups that were asked for and those that go without saying. */
function impersonated(name: string, groups: readonly string[], impersonator: User): User {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name) ?? [];
  const own =
    namespace === undefined || groups.length > 0
      ? []
      : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  const isSaid = groups.some((group) => KNOWN.includes(group));
  const known = name === 'system:anonymous' ? UNAUTHENTICATED : AUTHENTICATED;
  return {
    name,
    groups: [...new Set([...groups, ...own, ...(isSaid ? [] : [known])])],
    impersonator,
    impersonatedGroups: groups,
  };
}

function userOfToken(authorization: string | undefined, review: TokenReviewer): User | undefined {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  return token === undefined ? undefined : review(token);
}

/** Whether two secrets are the same, without telling by the time it takes where they differ. */
export function isSameSecret(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
