import { ApiError, type Store } from '../../api/index.ts';
import type { ApiRequest, User } from '../request.ts';
import type { UpgradeRequest } from '../server.ts';
import { attributesOf, type AccessAttributes } from './attributes.ts';
import { decideAccess } from './rbac.ts';

type Objects = Pick<Store, 'get' | 'list'>;

const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** @throws ApiError Forbidden for what the user may not do, or not as whom they want to. */
export function authorizeRequest(
  request: Pick<ApiRequest, 'method' | 'path' | 'query' | 'user'>,
  store: Objects,
): void {
  const { user } = request;
  if (user.impersonator !== undefined) checkImpersonation(user, user.impersonator, store);
  check(user, attributesOf(request), store);
}

/** The same of a connection that leaves HTTP. @throws ApiError Forbidden. */
export function authorizeUpgrade({ message, user }: UpgradeRequest, store: Objects): void {
  const url = new URL(message.url ?? '/', 'https://localhost');
  const { pathname: path, searchParams: query } = url;
  authorizeRequest({ method: message.method ?? 'GET', path, query, user }, store);
}

function check(user: User, access: AccessAttributes, store: Objects): void {
  const { isAllowed, reason } = decideAccess(user, access, store);
  if (!isAllowed) throw forbidden(user, access, reason);
}

/** Being somebody else is a right of its own. @see Kubernetes documentation, user impersonation */
function checkImpersonation(user: User, impersonator: User, store: Objects): void {
  const [, namespace = '', account = ''] = ACCOUNT.exec(user.name) ?? [];
  const wanted = { kind: 'resource', verb: 'impersonate', group: '', subresource: '' } as const;
  check(
    impersonator,
    account === ''
      ? { ...wanted, resource: 'users', namespace: '', name: user.name }
      : { ...wanted, resource: 'serviceaccounts', namespace, name: account },
    store,
  );
  for (const name of user.impersonatedGroups ?? [])
    check(impersonator, { ...wanted, resource: 'groups', namespace: '', name }, store);
}

function forbidden({ name }: User, access: AccessAttributes, why: string): ApiError {
  const reason = why === '' ? '' : `: ${why}`;
  const who = `User ${JSON.stringify(name)} cannot`;
  if (access.kind === 'path')
    return new ApiError(
      'Forbidden',
      `forbidden: ${who} ${access.verb} path ${JSON.stringify(access.path)}${reason}`,
      { details: {} },
    );
  const { verb, group, resource, subresource, namespace } = access;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = group === '' ? resource : `${resource}.${group}`;
  const which = access.name === '' ? what : `${what} ${JSON.stringify(access.name)}`;
  return new ApiError(
    'Forbidden',
    `${which} is forbidden: ${who} ${verb} resource "${whole}" in API group "${group}" ${where}${reason}`,
    {
      details: {
        ...(access.name !== '' && { name: access.name }),
        ...(group !== '' && { group }),
        kind: resource,
      },
    },
  );
}
