import type { CorsPolicy, RouteAnswer } from './route-policy.ts';

type Header = readonly [name: string, value: string];

/**
 * The headers that let a page of `origin` read an answer; none where the policy does not name it.
 *
 * They replace those of the backend. A policy for everybody says `*` beside credentials too, which browsers refuse:
 * ingress-nginx does so.
 *
 * @param origin The request's Origin, where it had one.
 */
export function corsHeaders(policy: CorsPolicy, origin: string | undefined): readonly Header[] {
  const allowed = allowedOrigin(policy, origin);
  if (allowed === undefined) return [];
  return [
    ['Access-Control-Allow-Origin', allowed],
    ...(policy.isCredentialsAllowed ? [['Access-Control-Allow-Credentials', 'true'] as const] : []),
    ['Access-Control-Allow-Methods', policy.allowMethods],
    ['Access-Control-Allow-Headers', policy.allowHeaders],
    ...(policy.exposeHeaders === undefined
      ? []
      : [['Access-Control-Expose-Headers', policy.exposeHeaders] as const]),
    ['Access-Control-Max-Age', String(policy.maxAgeSeconds)],
  ];
}

/** The answer to OPTIONS of an allowed origin; undefined where the backend answers. Other headers follow with `responseFields`. */
export function preflightAnswer(
  policy: CorsPolicy,
  method: string,
  origin: string | undefined,
): RouteAnswer | undefined {
  if (method !== 'OPTIONS' || allowedOrigin(policy, origin) === undefined) return undefined;
  // Without a semicolon and with a length, which RFC 9110 forbids: as ingress-nginx writes it.
  const headers: readonly Header[] = [
    ['Content-Type', 'text/plain charset=UTF-8'],
    ['Content-Length', '0'],
  ];
  return { status: 204, headers, body: '' };
}

function allowedOrigin(
  { allowOrigins }: CorsPolicy,
  origin: string | undefined,
): string | undefined {
  if (allowOrigins.includes('*')) return '*';
  return origin !== undefined && allowOrigins.some((allowed) => isSameOrigin(allowed, origin))
    ? origin
    : undefined;
}

/** Case does not count; `*.` stands for one label. */
function isSameOrigin(allowed: string, origin: string): boolean {
  const [a, b] = [allowed.toLowerCase(), origin.toLowerCase()];
  const star = a.indexOf('://*.');
  if (star < 0) return a === b;
  const scheme = a.slice(0, star + 3);
  const suffix = a.slice(star + 4);
  if (!b.startsWith(scheme) || !b.endsWith(suffix)) return false;
  return /^[a-z\d-]+$/.test(b.slice(scheme.length, b.length - suffix.length));
}
