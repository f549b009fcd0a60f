import { createPrivateKey, X509Certificate } from 'node:crypto';
import { fields } from '../kinds/object-path.ts';
import type { KubeObject } from '../object.ts';

/** Of a TLS Secret whose key does not open its certificate. @see Go `crypto/tls.X509KeyPair` */
export function secretWarnings(secret: KubeObject): readonly string[] {
  if (secret['type'] !== 'kubernetes.io/tls') return [];
  const problem = pairProblem(textAt(secret, 'tls.crt'), textAt(secret, 'tls.key'));
  return problem === undefined ? [] : [problem];
}

function textAt(secret: KubeObject, key: string): string {
  const value = fields(secret, 'data')[key];
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('latin1') : '';
}

function pairProblem(certificate: string, key: string): string | undefined {
  const [first, why] = findBlock(certificate, 'certificate', (type) => type === 'CERTIFICATE');
  if (first === undefined) return why;
  const [secret, whyNot] = findBlock(
    key,
    'key',
    (type) => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY'),
  );
  if (secret === undefined) return whyNot;
  return matchProblem(first, secret);
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]*)-----\r?\n[\s\S]*?-----END \1-----/g;

/** The first block that is wanted, or why there is none. */
function findBlock(
  text: string,
  input: 'certificate' | 'key',
  isWanted: (type: string) => boolean,
): readonly [string | undefined, string] {
  const skipped: string[] = [];
  for (const [block, type = ''] of text.matchAll(BLOCK)) {
    if (isWanted(type)) return [block, ''];
    skipped.push(type);
  }
  return [undefined, missing(input, skipped)];
}

function missing(input: 'certificate' | 'key', skipped: readonly string[]): string {
  if (skipped.length === 0) return `tls: failed to find any PEM data in ${input} input`;
  if (input === 'key' && skipped.length === 1 && skipped[0] === 'CERTIFICATE')
    return 'tls: found a certificate rather than a key in the PEM for the private key';
  if (input === 'certificate' && skipped.length === 1 && skipped[0]?.endsWith('PRIVATE KEY'))
    return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched';
  const wanted =
    input === 'key' ? 'PEM block with type ending in "PRIVATE KEY"' : '"CERTIFICATE" PEM block';
  return `tls: failed to find ${wanted} in ${input} input after skipping PEM blocks of the following types: [${skipped.join(' ')}]`;
}

function matchProblem(certificate: string, key: string): string | undefined {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return 'x509: malformed certificate';
  }
  try {
    if (parsed.checkPrivateKey(createPrivateKey(key))) return undefined;
  } catch {
    return 'tls: failed to parse private key';
  }
  return 'tls: private key does not match public key';
}
