import { ApiError, type Store } from '../../api/index.ts';
import { splitTarget, type ApiRequest, type User } from '../request.ts';
import type { UpgradeRequest } from '../server.ts';
import { attributesOf, type AccessAttributes, type ResourceAccess } from './attributes.ts';
import { decideAccess } from './rbac.ts';

type Objects = Pick<Store, 'get' | 'list'>;

/** What of a request its authorization looks at. */
type AuthorizedRequest = Pick<ApiRequest, 'method' | 'path' | 'query' | 'user'>;

const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** @throws ApiError Forbidden for what the user may not do, or not as whom they want to. */
export function authorizeRequest(request: AuthorizedRequest, store: Objects): void {
  const { user } = request;
  if (user.impersonator !== undefined) checkImpersonation(user, user.impersonator, store);
  check(user, attributesOf(request), store);
}

/** For a write that finds nothing to change, and makes it. @throws ApiError Forbidden for who may not create it. */
export function authorizeCreation(request: AuthorizedRequest, store: Objects): void {
  const access = attributesOf(request);
  if (access.kind === 'resource') check(request.user, { ...access, verb: 'create' }, store);
}

/** As `authorizeRequest`, of a connection that leaves HTTP. @throws ApiError Forbidden. */
export function authorizeUpgrade({ message, user }: UpgradeRequest, store: Objects): void {
  // The path that is routed, and no other: a URL would resolve its dots and slashes first.
  const [path, query] = splitTarget(message.url ?? '');
  const { method = 'GET' } = message;
  const request = { method, path, query: new URLSearchParams(query), user };
  authorizeRequest(request, store);
  const access = attributesOf(request);
  if (isStream(access)) check(user, { ...access, verb: 'create' }, store);
}

/** Parts of Pods that a GET over a WebSocket does something with: who may read all of a Pod may not do that yet. */
const STREAMS: ReadonlySet<string> = new Set(['attach', 'exec', 'portforward']);

/** @see kubernetes `AuthorizePodWebsocketUpgradeCreatePermission` */
function isStream(access: AccessAttributes): access is ResourceAccess {
  if (access.kind === 'path') return false;
  const { group, resource, subresource } = access;
  return group === '' && resource === 'pods' && STREAMS.has(subresource);
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
