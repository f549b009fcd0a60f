import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ServerCredentials } from '../apiserver/index.ts';

const DAY_MS = 86_400_000;

/**
 * The API server's keys and certificates, made once and kept for this user: making them costs a third of a start.
 *
 * They are in `$XDG_STATE_HOME/podlane/credentials.json`, which its owner alone may read. Where that cannot be written
 * each start makes its own.
 *
 * @param now Milliseconds since 1970. @param addresses Where Pods reach the server: the certificate names them.
 */
export async function loadCredentials(
  now: number,
  addresses: readonly string[],
): Promise<ServerCredentials> {
  const path = join(stateFolder(), 'credentials.json');
  const known = await readCredentials(path);
  if (known !== undefined && isValid(known, now) && namesAll(known, addresses)) return known;
  const { createCredentials } = await import('../apiserver/index.ts');
  const credentials = await createCredentials(addresses, now);
  await save(path, credentials);
  return credentials;
}

function stateFolder(): string {
  const given = process.env['XDG_STATE_HOME'] ?? '';
  return join(given === '' ? join(homedir(), '.local', 'state') : given, 'podlane');
}

async function readCredentials(path: string): Promise<ServerCredentials | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isCredentials(value) ? value : undefined;
  } catch {
    // Not there, or damaged: new ones are made.
    return undefined;
  }
}

function isCredentials(value: unknown): value is ServerCredentials {
  if (typeof value !== 'object' || value === null) return false;
  const { ca, server, admin } = value as Partial<Record<keyof ServerCredentials, unknown>>;
  return typeof ca === 'string' && isKeyPair(server) && isKeyPair(admin);
}

function isKeyPair(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { certificate, key } = value as { readonly certificate?: unknown; readonly key?: unknown };
  return typeof certificate === 'string' && typeof key === 'string';
}

/** Whether they are good for a month more. */
function isValid({ ca, server, admin }: ServerCredentials, now: number): boolean {
  try {
    return [ca, server.certificate, admin.certificate].every((pem) => {
      const { validFrom, validTo } = new X509Certificate(pem);
      return Date.parse(validFrom) <= now && Date.parse(validTo) > now + 30 * DAY_MS;
    });
  } catch {
    return false;
  }
}

/** Whether the server's certificate is for all of these addresses. */
function namesAll({ server }: ServerCredentials, addresses: readonly string[]): boolean {
  const certificate = new X509Certificate(server.certificate);
  return addresses.every((address) => certificate.checkIP(address) !== undefined);
}

/** In one step, so that nobody reads half of it. */
async function save(path: string, credentials: ServerCredentials): Promise<void> {
  const draft = `${path}.${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(draft, JSON.stringify(credentials), { mode: 0o600 });
    await rename(draft, path);
  } catch {
    // A home that cannot be written costs the next start some time, and nothing else.
  }
}
