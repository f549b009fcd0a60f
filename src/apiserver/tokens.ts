import {
  createPrivateKey,
  createPublicKey,
  randomUUID,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { Store } from '../api/index.ts';
import type { User } from './request.ts';

/** Who a token is for, and for how long. */
export interface TokenWish {
  readonly namespace: string;
  readonly account: string;
  /** @default the API server itself */
  readonly audiences?: readonly string[];
  readonly expirationSeconds: number;
  /** It ends with that object. */
  readonly boundTo?: BoundObject;
  /** Of the Pod that it is bound to. */
  readonly node?: string;
}

/** What a token is bound to. */
export interface BoundObject {
  readonly kind: 'Node' | 'Pod' | 'Secret';
  readonly name: string;
  readonly uid: string;
}

/** A token that holds. */
export interface ReviewedToken {
  readonly user: User;
  readonly uid: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
  readonly audiences: readonly string[];
}

/** Makes and reads the tokens of ServiceAccounts. */
export interface TokenIssuer {
  /** The token; undefined for an account that is not there. */
  issue(wish: TokenWish): string | undefined;
  /** @param audiences One of them must be the token's. @default the API server itself */
  review(token: string, audiences?: readonly string[]): ReviewedToken | undefined;
  /** The public key, as `/openid/v1/jwks` serves it. */
  keys(): object;
}

export interface TokenIssuerOptions {
  readonly store: Pick<Store, 'get'>;
  /** PEM of a P-256 key. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Who says so, and for whom unless others are named. */
export const TOKEN_ISSUER = 'https://kubernetes.default.svc.cluster.local';
const ALGORITHM = 'ES256';
const MAX_TOKEN = 16_384;

interface Named {
  readonly name: string;
  readonly uid: string;
}

interface Claims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly jti: string;
  readonly nbf: number;
  readonly sub: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: Named;
    readonly pod?: Named;
    readonly node?: { readonly name: string };
    readonly secret?: Named;
  };
}

/** Tokens are JWTs, signed with the server's own key. @see RFC 7515; Kubernetes, managing ServiceAccounts */
export function createTokenIssuer({ store, key, now }: TokenIssuerOptions): TokenIssuer {
  const signing = createPrivateKey(key);
  const verifying = createPublicKey(signing);
  const head = encode({ alg: ALGORITHM, kid: 'podlane' });
  return {
    issue: (wish) => {
      const uid = store.get('ServiceAccount', wish.namespace, wish.account)?.metadata.uid;
      if (uid === undefined) return undefined;
      const body = `${head}.${encode(claimsOf(wish, uid, now()))}`;
      return `${body}.${signatureOf(body, signing)}`;
    },
    review: (token, audiences = [TOKEN_ISSUER]) => {
      const claims = readClaims(token, verifying);
      if (claims === undefined || !isCurrent(claims, now() / 1000)) return undefined;
      const common = claims.aud.filter((audience) => audiences.includes(audience));
      if (common.length === 0 || !isThere(claims, store)) return undefined;
      return reviewed(claims, common);
    },
    keys: () => ({
      keys: [
        { use: 'sig', kid: 'podlane', alg: ALGORITHM, ...verifying.export({ format: 'jwk' }) },
      ],
    }),
  };
}

function claimsOf(wish: TokenWish, uid: string, now: number): Claims {
  const { namespace, account, audiences = [], expirationSeconds, boundTo, node } = wish;
  const issuedAt = Math.floor(now / 1000);
  const bound =
    boundTo === undefined
      ? {}
      : { [boundTo.kind.toLowerCase()]: { name: boundTo.name, uid: boundTo.uid } };
  return {
    aud: audiences.length === 0 ? [TOKEN_ISSUER] : audiences,
    exp: issuedAt + expirationSeconds,
    iat: issuedAt,
    iss: TOKEN_ISSUER,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      ...(node !== undefined && { node: { name: node } }),
      ...bound,
      serviceaccount: { name: account, uid },
    },
    nbf: issuedAt,
    sub: `system:serviceaccount:${namespace}:${account}`,
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signatureOf(body: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  );
}

/** What a token says, if we have said it. */
function readClaims(token: string, key: KeyObject): Claims | undefined {
  const parts = token.split('.');
  const [head = '', body = '', signature = ''] = parts;
  if (parts.length !== 3 || token.length > MAX_TOKEN) return undefined;
  const signed = Buffer.from(`${head}.${body}`);
  const isOurs = verify(
    'sha256',
    signed,
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  if (!isOurs) return undefined;
  // Whatever is signed with our key is what `claimsOf` has made.
  return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Claims;
}

/** @param seconds Now, since 1970. */
function isCurrent({ exp, nbf }: Claims, seconds: number): boolean {
  return seconds < exp && seconds >= nbf - 60;
}

/** A token ends with its account, and with what it is bound to. */
function isThere({ 'kubernetes.io': facts }: Claims, store: Pick<Store, 'get'>): boolean {
  const { namespace, serviceaccount, pod, secret } = facts;
  const uidOf = (kind: 'Pod' | 'Secret' | 'ServiceAccount', name: string): string | undefined =>
    store.get(kind, namespace, name)?.metadata.uid;
  if (uidOf('ServiceAccount', serviceaccount.name) !== serviceaccount.uid) return false;
  if (pod !== undefined && uidOf('Pod', pod.name) !== pod.uid) return false;
  return secret === undefined || uidOf('Secret', secret.name) === secret.uid;
}

function reviewed(claims: Claims, audiences: readonly string[]): ReviewedToken {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io'];
  return {
    user: {
      name: claims.sub,
      groups: [
        'system:serviceaccounts',
        `system:serviceaccounts:${namespace}`,
        'system:authenticated',
      ],
    },
    uid: serviceaccount.uid,
    extra: {
      'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
      ...(node !== undefined && { 'authentication.kubernetes.io/node-name': [node.name] }),
      ...(pod !== undefined && {
        'authentication.kubernetes.io/pod-name': [pod.name],
        'authentication.kubernetes.io/pod-uid': [pod.uid],
      }),
    },
    audiences,
  };
}
