import type { KubeObject } from '../../../../src/api/index.ts';
import { md5Crypt } from '../../../../src/ingress/htpasswd.ts';
import { createAuthority, type Authority } from './certificates.ts';
import type { SecretRow } from './table.ts';

/** The Secret of a row: rows say what it is for, not its bytes. */
export async function secretObject(
  key: string,
  row: SecretRow,
  authority: Authority,
): Promise<KubeObject> {
  const [first = '', second] = key.split('/');
  const [namespace, name] = second === undefined ? ['default', first] : [first, second];
  const data = await dataOf(row, authority);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name },
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(data).map(([field, text]) => [field, Buffer.from(text).toString('base64')]),
    ),
  };
}

async function dataOf(row: SecretRow, authority: Authority): Promise<Record<string, string>> {
  const { dns, auth, data = {}, ca } = row;
  const pair = dns === undefined ? undefined : await authority.issue(dns);
  return {
    ...(pair === undefined ? {} : { 'tls.crt': pair.certificate, 'tls.key': pair.key }),
    ...(auth === undefined ? {} : { auth: htpasswd(auth) }),
    ...Object.fromEntries(Object.entries(data).map(([user, hash]) => [user, hashOf(hash)])),
    ...(row['ca.crt'] === true ? { 'ca.crt': authority.certificate } : {}),
    ...(ca === undefined ? {} : { 'ca.crt': (await createAuthority()).certificate }),
  };
}

/** `foo:$apr1$… (password bar)` */
function htpasswd(text: string): string {
  const colon = text.indexOf(':');
  return text.includes('…') ? `${text.slice(0, colon)}:${hashOf(text)}` : text;
}

function hashOf(text: string): string {
  return text.includes('…') || text.startsWith('<hash') ? md5Crypt('bar', '$apr1$saltsalt$') : text;
}
