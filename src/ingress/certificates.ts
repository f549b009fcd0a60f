import type { X509Certificate } from 'node:crypto';
import type { Secret } from '../api/index.ts';
import type { CertificateClaim } from './from-ingress/index.ts';
import { loadCrypto } from './load-crypto.ts';

/** A certificate with its key, PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * The claim for a server name: one that lists it, else one whose wildcard takes its first label, else one for every host.
 *
 * @param claims In order of precedence.
 * @param servername What the client names (SNI), lower-case; '' for none.
 */
export function certificateClaimOf(
  claims: readonly CertificateClaim[],
  servername: string,
): CertificateClaim | undefined {
  const wildcard = servername.replace(/^[^.]+/, '*');
  return (
    claims.find(({ hosts }) => hosts.includes(servername)) ??
    claims.find(({ hosts }) => hosts.includes(wildcard)) ??
    claims.find(({ hosts }) => hosts.length === 0)
  );
}

/** The certificate in a Secret of type kubernetes.io/tls; undefined when it holds none. */
export function keyPairOf(secret: Secret): KeyPair | undefined {
  const { 'tls.crt': certificate, 'tls.key': key } = secret.data ?? {};
  if (certificate === undefined || key === undefined) return undefined;
  return {
    certificate: Buffer.from(certificate, 'base64').toString(),
    key: Buffer.from(key, 'base64').toString(),
  };
}

/** Whether a certificate is one for `host`, which may begin with a star; its common name counts where it has no other. */
export function isCertificateFor({ certificate }: KeyPair, host: string): boolean {
  try {
    const { X509Certificate: Certificate } = loadCrypto();
    const parsed = new Certificate(certificate);
    if (!host.startsWith('*.')) return parsed.checkHost(host) !== undefined;
    // Only a wildcard is one for a wildcard.
    return [...(parsed.subjectAltName ?? '').split(', '), `DNS:${commonNameOf(parsed)}`].includes(
      `DNS:${host}`,
    );
  } catch {
    // No certificate at all.
    return false;
  }
}

function commonNameOf({ subject }: X509Certificate): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? '';
}
