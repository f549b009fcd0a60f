import type { Duplex } from 'node:stream';
import { askToLeave, onLeave } from '../leaving.ts';

/** A certificate and its key, in PEM. */
export interface TlsIdentity {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
}

/**
 * Serves TLS on a connection, and hands what comes out of it to `accept`.
 *
 * Without an identity the server has one of its own making, which is made, and the libraries loaded, at the first use.
 */
export function serveTls(
  socket: Duplex,
  accept: (plain: Duplex) => void,
  identity?: TlsIdentity,
): void {
  const start = async (): Promise<void> => {
    const { TLSSocket } = await import('node:tls');
    const { cert, key } = identity ?? (await ownIdentity());
    if (socket.destroyed) return;
    const options = { cert: Buffer.from(cert), key: Buffer.from(key) };
    const plain = new TLSSocket(socket, {
      isServer: true,
      ALPNProtocols: ['http/1.1'],
      ...options,
    });
    // A failed handshake ends the connection; there is nobody else to tell.
    plain.on('error', () => socket.destroy());
    plain.once('close', () => socket.destroy());
    onLeave(socket, (when) => askToLeave(plain, when));
    accept(plain);
  };
  start().catch(() => socket.destroy());
}

let made: Promise<TlsIdentity> | undefined;

function ownIdentity(): Promise<TlsIdentity> {
  made ??= makeIdentity();
  return made;
}

async function makeIdentity(): Promise<TlsIdentity> {
  await import('reflect-metadata');
  const { webcrypto } = await import('node:crypto');
  const { X509CertificateGenerator, PemConverter } = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(0),
    notAfter: new Date(Date.UTC(2100, 0)),
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: certificate.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') };
}
