/** Certificates of rows: one authority for each world. */
import type { webcrypto } from 'node:crypto';
// eslint-disable-next-line import/no-unassigned-import -- the library asks for it by its effect alone
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** An authority that nobody knows. */
export interface Authority extends Pair {
  /** A certificate for names; the first is its common name too. */
  issue(names: readonly string[]): Promise<Pair>;
}

/** Makes an authority with keys of its own. */
export async function createAuthority(name: string = 'conformance'): Promise<Authority> {
  const keys = await generate();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...validity(),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new BasicConstraintsExtension(true)],
  });
  return {
    certificate: certificate.toString('pem'),
    key: await pem(keys),
    issue: (names) => issue(certificate, keys, names),
  };
}

async function issue(
  authority: X509Certificate,
  { privateKey: signingKey }: webcrypto.CryptoKeyPair,
  names: readonly string[],
): Promise<Pair> {
  const keys = await generate();
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${names[0] ?? 'client'}`,
    issuer: authority.subject,
    ...validity(),
    signingAlgorithm: ALGORITHM,
    signingKey,
    publicKey: keys.publicKey,
    extensions: [
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await pem(keys) };
}

function generate(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function validity(): {
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly serialNumber: string;
} {
  const now = Date.now();
  const serialNumber = Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex');
  return { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + DAY_MS), serialNumber };
}

async function pem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const bytes = await crypto.subtle.exportKey('pkcs8', privateKey);
  const text = Buffer.from(bytes).toString('base64').replaceAll(/.{64}/g, '$&\n');
  return `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----\n`;
}
