import type * as Library509 from '@peculiar/x509';
import type { Extension, PublicKeyType } from '@peculiar/x509';

type Library = typeof Library509;
type KeyMaterial = { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };

/** The keys and certificates of an API server and its administrator. */
export interface ServerCredentials {
  /** PEM of the authority that both sides trust. */
  readonly ca: string;
  /** PEM of the authority's key, for certificates that come later. */
  readonly caKey: string;
  readonly server: KeyPair;
  /** `kubernetes-admin` of the group `system:masters`. */
  readonly admin: KeyPair;
}

/** PEM texts. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
const ISSUER = 'CN=podlane';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * New credentials, valid for a year.
 *
 * The library is loaded now and not at the start: it takes longer to load than much of what a start does.
 *
 * @param addresses IP addresses of the server, besides 127.0.0.1 and ::1. @param now milliseconds since 1970
 */
export async function createCredentials(
  addresses: readonly string[],
  now: number,
): Promise<ServerCredentials> {
  const x509 = await loadLibrary();
  const keys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validFrom(now),
    name: ISSUER,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign),
    ],
  });
  const sign = signerOf(x509, keys.privateKey, now);
  return {
    ca: ca.toString('pem'),
    caKey: await privatePem(keys),
    server: await issue(sign, serverSubject(x509, addresses)),
    admin: await issue(sign, {
      subject: 'O=system:masters, CN=kubernetes-admin',
      extensions: [usage(x509, 'clientAuth')],
    }),
  };
}

/** Addresses that a certificate keeps, for servers of other ranges. */
const MOST_ADDRESSES = 100;

/**
 * The same credentials with a certificate of the server that is for these addresses as well.
 *
 * It is by the same authority, so that who trusts that goes on to, and for the same key, which tokens are signed with.
 *
 * @throws Error where the authority's key is none.
 */
export async function withAddresses(
  credentials: ServerCredentials,
  addresses: readonly string[],
  now: number,
): Promise<ServerCredentials> {
  const x509 = await loadLibrary();
  const before = new x509.X509Certificate(credentials.server.certificate);
  const names = before.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const named = names.filter(({ type }) => type === 'ip').map(({ value }) => value);
  const der = x509.PemConverter.decodeFirst(credentials.caKey);
  const authority = await crypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const sign = signerOf(x509, authority, now);
  const all = [...addresses, ...named].slice(0, MOST_ADDRESSES);
  const certificate = await sign(before.publicKey, serverSubject(x509, all));
  return { ...credentials, server: { ...credentials.server, certificate } };
}

interface Subject {
  readonly subject: string;
  readonly extensions: readonly Extension[];
}

/** Makes the PEM of a certificate. */
type Sign = (publicKey: PublicKeyType, subject: Subject) => Promise<string>;

async function loadLibrary(): Promise<Library> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function newKeys(): Promise<KeyMaterial> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function validFrom(now: number): {
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly signingAlgorithm: typeof ALGORITHM;
} {
  return {
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + 365 * DAY_MS),
    signingAlgorithm: ALGORITHM,
  };
}

function signerOf(x509: Library, signingKey: CryptoKey, now: number): Sign {
  return async (publicKey, { subject, extensions }) => {
    const certificate = await x509.X509CertificateGenerator.create({
      ...validFrom(now),
      subject,
      issuer: ISSUER,
      publicKey,
      signingKey,
      extensions: [new x509.BasicConstraintsExtension(false), ...extensions],
    });
    return certificate.toString('pem');
  };
}

async function issue(sign: Sign, subject: Subject): Promise<KeyPair> {
  const keys = await newKeys();
  return { certificate: await sign(keys.publicKey, subject), key: await privatePem(keys) };
}

function serverSubject(x509: Library, addresses: readonly string[]): Subject {
  const names = new x509.SubjectAlternativeNameExtension([
    ...SERVER_NAMES.map((value) => ({ type: 'dns' as const, value })),
    ...[...new Set(['127.0.0.1', '::1', ...addresses])].map((value) => ({
      type: 'ip' as const,
      value,
    })),
  ]);
  return { subject: 'CN=kube-apiserver', extensions: [names, usage(x509, 'serverAuth')] };
}

/** Names by which Pods and people reach the API. */
const SERVER_NAMES = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

function usage(x509: Library, purpose: 'serverAuth' | 'clientAuth'): Extension {
  return new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[purpose]]);
}

async function privatePem({ privateKey }: KeyMaterial): Promise<string> {
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${pkcs8.replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}
