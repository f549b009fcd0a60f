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
      effect: 'basic: 401 without a user and password of auth-secret; digest is answered 503',
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
  if (type === 'digest') {
    reader.deny('auth-type', 'digest authentication is not spoken here');
    return {};
  }
  const reference = reader.text('auth-secret');
  if (reference === undefined) {
    reader.deny('auth-secret', 'auth-type needs auth-secret');
    return {};
  }
  const secret = reader.secret('auth-secret', reference);
  if (secret === undefined) return {};
  const users = usersOf(reader, secret);
  return users === undefined
    ? {}
    : { policy: { basicAuth: { realm: reader.text('auth-realm') ?? '', users } } };
}

function usersOf(
  reader: AnnotationReader,
  secret: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> | undefined {
  if (reader.text('auth-secret-type')?.trim() === 'auth-map')
    return new Map(Object.entries(secret).map(([user, hash]) => [user, hash.trim()]));
  const file = secret['auth'];
  if (file === undefined) {
    reader.deny('auth-secret', 'the Secret of auth-secret has no key auth');
    return undefined;
  }
  return new Map(
    file.split(/\r?\n/).flatMap((line) => {
      const colon = line.indexOf(':');
      // A third part is a comment.
      return colon < 1 || line.startsWith('#')
        ? []
        : [[line.slice(0, colon), line.slice(colon + 1).split(':')[0] ?? ''] as const];
    }),
  );
}
