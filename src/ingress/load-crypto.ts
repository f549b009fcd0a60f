import type crypto from 'node:crypto';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** What is used of bcryptjs. */
interface Bcrypt {
  readonly compareSync: (password: string, hash: string) => boolean;
}

/** Node's crypto, loaded when the first certificate or password is read: it is slow to load, and few starts need it. */
export function loadCrypto(): typeof crypto {
  return require('node:crypto') as typeof crypto; // `require` knows no types
}

/** bcrypt, loaded when the first such hash is met. */
export function loadBcrypt(): Bcrypt {
  return require('bcryptjs') as Bcrypt; // its own types say so
}

/** A secret that stays the same once it has been asked for. */
export function createSecret(): () => string {
  let key: string | undefined;
  return () => (key ??= loadCrypto().randomBytes(16).toString('hex'));
}
