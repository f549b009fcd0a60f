import type * as Library509 from '@peculiar/x509';
import type { Extension } from '@peculiar/x509';

type Library = typeof Library509;
type KeyMaterial = { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };

/** The keys and certificates of an API server and its administrator. */
export interface ServerCredentials {
  /** PEM of the authority that both sides trust. */
  readonly ca: string;
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
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const newKeys = (): Promise<KeyMaterial> =>
    crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const common = {
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + 365 * DAY_MS),
    signingAlgorithm: ALGORITHM,
  };
  const authority = await newKeys();
  const issuer = 'CN=podlane';
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    serialNumber: serialNumber(),
    name: issuer,
    keys: authority,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign),
    ],
  });
  const issue = async (subject: string, extensions: readonly Extension[]): Promise<KeyPair> => {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      ...common,
      serialNumber: serialNumber(),
      subject,
      issuer,
      publicKey: keys.publicKey,
      signingKey: authority.privateKey,
      extensions: [new x509.BasicConstraintsExtension(false), ...extensions],
    });
    return { certificate: certificate.toString('pem'), key: await privatePem(keys) };
  };
  const names = new x509.SubjectAlternativeNameExtension([
    ...SERVER_NAMES.map((value) => ({ type: 'dns' as const, value })),
    ...[...new Set(['127.0.0.1', '::1', ...addresses])].map((value) => ({
      type: 'ip' as const,
      value,
    })),
  ]);
  return {
    ca: ca.toString('pem'),
    server: await issue('CN=kube-apiserver', [names, usage(x509, 'serverAuth')]),
    admin: await issue('O=system:masters, CN=kubernetes-admin', [usage(x509, 'clientAuth')]),
  };
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

function serialNumber(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex');
}

async function privatePem({ privateKey }: KeyMaterial): Promise<string> {
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${pkcs8.replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}
