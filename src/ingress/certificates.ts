import type { Secret } from '../api/index.ts';
import type { CertificateClaim } from './from-ingress/index.ts';

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
export function selectCertificate(
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
