import type { Endpoint } from '../net/index.ts';
import { hashedIndex, hashOf } from './balance.ts';
import type { CookieAffinity, RouteRequest } from './route-policy.ts';
import type { RouteBackend } from './route-table.ts';
import { keyOf } from './upstream-pool.ts';
import { cookieOf } from './variables.ts';

/** What a session's cookie says. */
export interface Session {
  readonly index: number;
  /** The value to set; undefined where the client has it already. */
  readonly newValue: string | undefined;
}

export interface SessionQuestion {
  readonly affinity: CookieAffinity;
  readonly request: RouteRequest;
  readonly endpoints: readonly Endpoint[];
  /** Of the backend: a cookie for another says nothing here. */
  readonly backendKey: string;
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What tells a backend's sessions from those of others. */
export function backendKeyOf({ namespace, service, port }: RouteBackend): string {
  return `${namespace}-${service}-${port}`;
}

/** Whether a client has a session with this backend. */
export function isSessionOf(
  { name }: CookieAffinity,
  request: RouteRequest,
  backend: RouteBackend,
): boolean {
  return cookieOf(request, name)?.endsWith(suffixOf(backendKeyOf(backend))) === true;
}

function suffixOf(backendKey: string): string {
  return `|${hex(hashOf(backendKey))}`;
}

/**
 * The endpoint of a client's session.
 *
 * `balanced`: the cookie's value is hashed over the endpoints, so that some sessions move as endpoints come.
 * `persistent`: the value names the endpoint.
 */
export function sessionOf(question: SessionQuestion): Session {
  const { affinity, request, endpoints, backendKey } = question;
  const value = cookieOf(request, affinity.name);
  const suffix = suffixOf(backendKey);
  const known = value?.endsWith(suffix) === true ? value.slice(0, -suffix.length) : undefined;
  if (affinity.mode === 'persistent') {
    const kept = endpoints.findIndex((endpoint) => hex(hashOf(keyOf(endpoint))) === known);
    if (kept >= 0) return { index: kept, newValue: undefined };
    const index = Math.floor(question.random() * endpoints.length);
    const endpoint = endpoints[index];
    const name = endpoint === undefined ? '' : hex(hashOf(keyOf(endpoint)));
    return { index, newValue: `${name}${suffix}` };
  }
  if (known !== undefined) return { index: hashedIndex(known, endpoints), newValue: undefined };
  const key = newKey(question);
  return { index: hashedIndex(key, endpoints), newValue: `${key}${suffix}` };
}

/** A session that has to leave its endpoint: a value that leads to another one. */
export function movedSession(question: SessionQuestion, failed: number): Session {
  const others = question.endpoints.length > 1;
  for (let attempt = 0; attempt < 64; attempt += 1) {
    const session = sessionOf({ ...question, request: { ...question.request, fields: [] } });
    if (!others || session.index !== failed) return session;
  }
  return sessionOf(question);
}

/** The Set-Cookie of a session. */
export function sessionCookie(
  affinity: CookieAffinity,
  value: string,
  { request, now }: Pick<SessionQuestion, 'request' | 'now'>,
): string {
  const { name, path, domain, expiresSeconds, maxAgeSeconds } = affinity;
  const isSecure = affinity.isSecure ?? request.scheme === 'https';
  const sameSite = sameSiteOf(affinity, request);
  return [
    `${name}=${value}`,
    ...(expiresSeconds === undefined ? [] : [`Expires=${httpDate(now + expiresSeconds * 1000)}`]),
    ...(maxAgeSeconds === undefined ? [] : [`Max-Age=${maxAgeSeconds}`]),
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    `Path=${path}`,
    ...(isSecure ? ['Secure'] : []),
    'HttpOnly',
    ...(sameSite === undefined ? [] : [`SameSite=${sameSite}`]),
  ].join('; ');
}

/** Browsers that take SameSite=None for Strict, or refuse the cookie. @see chromium.org, "SameSite=None: Known Incompatible Clients" */
const MISTAKES_NONE = [
  /\(iP.+; CPU .*OS 12[_\d]*.*\) AppleWebKit\//,
  /\(Macintosh;.*Mac OS X 10_14[_\d]*.*\) AppleWebKit\/(?!.*Chrom)/,
  /Chrom(?:e|ium)\/(?:5[1-9]|6[0-6])\./,
  /UCBrowser\/(?:[0-9]|1[01]|12\.(?:[0-9]|1[0-2])\.)/,
];

function sameSiteOf(
  { sameSite, isSameSiteNoneConditional }: CookieAffinity,
  { fields }: RouteRequest,
): string | undefined {
  if (sameSite !== 'None' || isSameSiteNoneConditional !== true) return sameSite;
  const agentAt = fields.findIndex(
    (field, index) => index % 2 === 0 && field.toLowerCase() === 'user-agent',
  );
  const agent = agentAt < 0 ? '' : (fields[agentAt + 1] ?? '');
  return MISTAKES_NONE.some((pattern) => pattern.test(agent)) ? undefined : sameSite;
}

function newKey({ now, random }: SessionQuestion): string {
  return `${(now / 1000).toFixed(3)}.${Math.floor(random() * 1000)}.${Math.floor(random() * 1e6)}`;
}

function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

function hex(hash: number): string {
  return hash.toString(16).padStart(8, '0');
}
