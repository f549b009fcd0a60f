import { checkDigest, type DigestFacts } from './digest-auth.ts';
import { isPasswordOf } from './htpasswd.ts';
import { loadCrypto } from './load-crypto.ts';
import { refuse } from './refuse.ts';
import type { BasicAuth, RouteAnswer, RoutePolicy } from './route-policy.ts';

/** Credentials that were right, each with the hash that they were right for: a good hash takes long to check. */
const verified = new Map<string, true>();
const MAX_VERIFIED = 4096;

/** Who asks, or the challenge. */
export type BasicAuthResult =
  | { readonly kind: 'user'; readonly user: string }
  | { readonly kind: 'challenge'; readonly answer: RouteAnswer };

/**
 * What a route's passwords say to a request.
 *
 * @param digest Where a digest may be asked for; without it none is right.
 * @returns undefined where it has none, or leaves it to the auth server.
 */
export function checkUser(
  { basicAuth, externalAuth, satisfy }: RoutePolicy,
  authorization: string | undefined,
  digest: DigestFacts = NO_DIGEST,
): BasicAuthResult | undefined {
  if (basicAuth === undefined) return undefined;
  const checked =
    basicAuth.scheme === 'digest'
      ? checkDigestAuth(basicAuth, authorization, digest)
      : checkBasicAuth(basicAuth, authorization);
  const isOthers = satisfy === 'any' && externalAuth !== undefined;
  return checked.kind === 'challenge' && isOthers ? undefined : checked;
}

/** Facts of nobody's request: no digest is right with them. */
const NO_DIGEST: DigestFacts = { method: '', target: '', now: 0, key: '' };

function checkDigestAuth(
  auth: BasicAuth,
  authorization: string | undefined,
  facts: DigestFacts,
): BasicAuthResult {
  const checked = checkDigest(auth, authorization, facts);
  return checked.kind === 'user' ? checked : challengeWith(checked.challenge);
}

function challengeWith(challenge: string): BasicAuthResult {
  const page = refuse(401, { isNginx: true });
  const header = ['WWW-Authenticate', challenge] as const;
  return { kind: 'challenge', answer: { ...page, headers: [...page.headers, header] } };
}

/**
 * Checks the Authorization of a request.
 *
 * @param authorization The header's value, where there was one.
 * @see RFC 7617
 */
export function checkBasicAuth(
  { realm, users }: BasicAuth,
  authorization: string | undefined,
): BasicAuthResult {
  const credentials = credentialsOf(authorization);
  const hash = credentials === undefined ? undefined : users.get(credentials.user);
  if (credentials !== undefined && hash !== undefined && isRight(hash, credentials.password))
    return { kind: 'user', user: credentials.user };
  return challengeWith(`Basic realm="${realm}"`);
}

function isRight(hash: string, password: string): boolean {
  const key = loadCrypto().createHash('sha256').update(`${hash}\0${password}`).digest('base64');
  if (verified.has(key)) return true;
  if (!isPasswordOf(hash, password)) return false;
  if (verified.size >= MAX_VERIFIED) verified.clear();
  verified.set(key, true);
  return true;
}

function credentialsOf(
  authorization: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^basic +([A-Za-z\d+/=]+)$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
