import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { ClientCertificate } from './client-certificate.ts';

/** What OpenSSL says of verification, by Node's codes for it. */
const PROBLEMS: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: 'unable to get issuer certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unable to get local issuer certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unable to verify the first certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'self-signed certificate in certificate chain',
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not yet valid',
  CERT_SIGNATURE_FAILURE: 'certificate signature failure',
  CERT_CHAIN_TOO_LONG: 'certificate chain too long',
  CERT_UNTRUSTED: 'certificate not trusted',
  CERT_REJECTED: 'certificate rejected',
  CERT_REVOKED: 'certificate revoked',
  INVALID_CA: 'invalid CA certificate',
  INVALID_PURPOSE: 'unsuitable certificate purpose',
  PATH_LENGTH_EXCEEDED: 'path length constraint exceeded',
};

/** A certificate may be signed by anybody: all that is wrong is that no authority is known for it. */
const WITHOUT_AUTHORITY: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_UNTRUSTED',
]);

/** The certificate of a client, read when it is first asked for. */
export function shownCertificate(
  socket: TLSSocket,
  ca: string,
): () => ClientCertificate | undefined {
  let shown: { readonly certificate: ClientCertificate | undefined } | undefined;
  return () => {
    shown ??= { certificate: read(socket, ca) };
    return shown.certificate;
  };
}

function read(socket: TLSSocket, ca: string): ClientCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  // Declared an Error, it is the code of one.
  const code = socket.authorized ? undefined : String(socket.authorizationError ?? 'CERT_REJECTED');
  return {
    ca,
    problem: code === undefined ? undefined : (PROBLEMS[code] ?? code),
    isAuthorityUnknown: code !== undefined && WITHOUT_AUTHORITY.has(code),
    ...namesOf(certificate),
    pem: certificate.toString(),
  };
}

function namesOf({
  subject,
  issuer,
}: Pick<X509Certificate, 'subject' | 'issuer'>): Pick<ClientCertificate, 'subject' | 'issuer'> {
  return { subject: distinguishedName(subject), issuer: distinguishedName(issuer) };
}

/**
 * A name as RFC 2253 writes it, from Node's lines: the last part first, and bytes beyond ASCII as `\C3`. Special
 * characters are escaped in both.
 */
export function distinguishedName(lines: string | undefined): string {
  return (lines ?? '')
    .split('\n')
    .toReversed()
    .map((part) => part.replaceAll(/(?<!\\) \+ /g, '+'))
    .join(',')
    .replaceAll(/[^\0-\x7F]+/g, escapeBytes);
}

function escapeBytes(text: string): string {
  return Buffer.from(text)
    .toString('hex')
    .toUpperCase()
    .replaceAll(/../g, String.raw`\$&`);
}
