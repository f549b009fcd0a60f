import { fieldValue } from './http1/index.ts';
import { refuse } from './refuse.ts';
import type { RouteAnswer, RoutePolicy, RouteRequest } from './route-policy.ts';
import type { HostRedirect } from './route-table.ts';
import { expandVariables, hostName, splitTarget } from './variables.ts';

const NGINX: RoutePolicy = { isNginx: true };

/** The redirect of a route, and the annotation that asks for it; undefined where the request goes on. */
export function redirectOf(
  policy: RoutePolicy,
  request: RouteRequest,
): { readonly answer: RouteAnswer; readonly because: string } | undefined {
  const { redirect } = policy;
  if (redirect !== undefined) {
    const location = absolute(expandVariables(redirect.location, { request }), request);
    const given = redirect.isRelative === true ? redirect.location : location;
    return {
      answer: redirectTo(redirect.status, given),
      because: redirect.annotation ?? 'permanent-redirect',
    };
  }
  const secure = secureLocation(policy, request);
  if (policy.sslRedirect === undefined || secure === undefined) return undefined;
  return { answer: redirectTo(policy.sslRedirect.status, secure), because: 'ssl-redirect' };
}

/** The redirect between `www.host` and `host`: with the port, without a slash at the end. */
export function hostRedirectAnswer(
  { status, to, isForwardedTrusted }: HostRedirect,
  request: RouteRequest,
): RouteAnswer {
  const said = believed(request, isForwardedTrusted);
  const scheme = said('x-forwarded-proto') ?? request.scheme;
  const port = said('x-forwarded-port') ?? request.port;
  return redirectTo(status, `${scheme}://${to}:${port}${withoutSlash(request.target)}`);
}

/** nginx's own redirect to a location whose path ends in a slash. */
export function slashAnswer(request: RouteRequest): RouteAnswer {
  const { path, query } = splitTarget(request.target);
  const suffix = query === undefined ? '' : `?${query}`;
  return redirectTo(301, absolute(`${path}/${suffix}`, request));
}

function redirectTo(status: number, location: string): RouteAnswer {
  const page = refuse(status, NGINX);
  return { ...page, headers: [...page.headers, ['Location', location]] };
}

/** Where http goes on in https; undefined where it need not. */
function secureLocation({ sslRedirect }: RoutePolicy, request: RouteRequest): string | undefined {
  if (sslRedirect === undefined) return undefined;
  const said = believed(request, sslRedirect.isForwardedTrusted);
  if ((said('x-forwarded-proto') ?? request.scheme) !== 'http') return undefined;
  const [host = ''] = (said('x-forwarded-host') ?? request.host).split(',', 1);
  const { target } = request;
  const path = sslRedirect.isTrailingSlashKept ? target : withoutSlash(target);
  return `https://${withoutPort(host)}${path}`;
}

/** What the client says of itself, where that counts. */
function believed(request: RouteRequest, isTrusted: boolean): (name: string) => string | undefined {
  return (name) => (isTrusted ? fieldValue(request.fields, name) : undefined);
}

/** nginx makes a path absolute: with the host in lower case, and without its port. */
function absolute(location: string, { scheme, host }: RouteRequest): string {
  return location.startsWith('/') ? `${scheme}://${hostName(host)}${location}` : location;
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '');
}

function withoutSlash(target: string): string {
  return target.endsWith('/') ? target.slice(0, -1) : target;
}
