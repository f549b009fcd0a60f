import { isPlain, oneOf } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

/** Users and passwords. */
export const basicAuth: AnnotationGroup = {
  name: 'BasicDigestAuth',
  annotations: [
    {
      name: 'auth-type',
      risk: 'Low',
      accepts: oneOf('basic', 'digest'),
      effect: '401 without a user and password of auth-secret, as they are or digested',
    },
    {
      name: 'auth-secret',
      risk: 'Medium',
      accepts: isPlain,
      effect: 'the Secret with the users',
    },
    {
      name: 'auth-secret-type',
      risk: 'Low',
      accepts: oneOf('auth-file', 'auth-map'),
      effect: 'whether the Secret holds a file of users in `auth`, or a user in each key',
    },
    {
      name: 'auth-realm',
      risk: 'Medium',
      accepts: (value) => /^[/\-._~a-zA-Z0-9: ]*$/.test(value),
      effect: 'the realm of the challenge',
    },
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  const type = reader.text('auth-type')?.trim().toLowerCase();
  if (type === undefined) return {};
  const reference = reader.text('auth-secret');
  if (reference === undefined) {
    reader.deny('auth-secret', 'auth-type needs auth-secret');
    return {};
  }
  const secret = reader.secret('auth-secret', reference);
  if (secret === undefined) return {};
  const realm = reader.text('auth-realm') ?? '';
  const lines = linesOf(reader, secret);
  if (lines === undefined) return {};
  if (type === 'digest')
    return { policy: { basicAuth: { scheme: 'digest', realm, users: digestsOf(lines, realm) } } };
  return { policy: { basicAuth: { realm, users: hashesOf(lines) } } };
}

/** The lines of a file of users, each in its parts. */
function linesOf(
  reader: AnnotationReader,
  secret: Readonly<Record<string, string>>,
): readonly (readonly string[])[] | undefined {
  if (reader.text('auth-secret-type')?.trim() === 'auth-map')
    return Object.entries(secret).map(([user, rest]) => [user, ...rest.trim().split(':')]);
  const file = secret['auth'];
  if (file === undefined) {
    reader.deny('auth-secret', 'the Secret of auth-secret has no key auth');
    return undefined;
  }
  return file
    .split(/\r?\n/)
    .filter((line) => line.indexOf(':') > 0 && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

/** `user:hash`; a third part is a comment. */
function hashesOf(lines: readonly (readonly string[])[]): ReadonlyMap<string, string> {
  return new Map(lines.map(([user = '', hash = '']) => [user, hash]));
}

/** `user:realm:hash`, as htdigest writes them; those of other realms are nobody here. */
function digestsOf(
  lines: readonly (readonly string[])[],
  realm: string,
): ReadonlyMap<string, string> {
  return new Map(
    lines.flatMap(([user = '', own = '', hash = '']) =>
      own === realm ? [[user, hash.toLowerCase()] as const] : [],
    ),
  );
}
