import { randomUUID, X509Certificate } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ServerCredentials } from '../apiserver/index.ts';

const DAY_MS = 86_400_000;

/**
 * The API server's keys and certificates, made once and kept for this user: making them costs a third of a start.
 *
 * They are in `$XDG_STATE_HOME/podlane/credentials.json`, which its owner alone may read. Where that cannot be written
 * each start makes its own. The authority stays for a year whatever ranges the clusters have: a client of one that is
 * started again trusts it still.
 *
 * @param now Milliseconds since 1970. @param addresses Where Pods reach the server: the certificate names them.
 */
export async function loadCredentials(
  now: number,
  addresses: readonly string[],
): Promise<ServerCredentials> {
  const path = join(stateFolder(), 'credentials.json');
  const known = (await readCredentials(path, now)) ?? (await create(path, now));
  if (namesAll(known, addresses)) return known;
  const { withAddresses } = await import('../apiserver/index.ts');
  const credentials = await withAddresses(known, addresses, now);
  await save(path, credentials, rename);
  return credentials;
}

/** New ones; those of another start where it was first. */
async function create(path: string, now: number): Promise<ServerCredentials> {
  const { createCredentials } = await import('../apiserver/index.ts');
  const credentials = await createCredentials([], now);
  await save(path, credentials, link);
  const kept = await readCredentials(path, now);
  if (kept !== undefined) return kept;
  // What is there is damaged or too old; or files cannot be linked here.
  await save(path, credentials, rename);
  return credentials;
}

function stateFolder(): string {
  const given = process.env['XDG_STATE_HOME'] ?? '';
  return join(given === '' ? join(homedir(), '.local', 'state') : given, 'podlane');
}

async function readCredentials(path: string, now: number): Promise<ServerCredentials | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isCredentials(value) && isValid(value, now) ? value : undefined;
  } catch {
    // Not there, or damaged: new ones are made.
    return undefined;
  }
}

function isCredentials(value: unknown): value is ServerCredentials {
  if (typeof value !== 'object' || value === null) return false;
  const { ca, caKey, server, admin } = value as Partial<Record<keyof ServerCredentials, unknown>>;
  return (
    [ca, caKey].every((pem) => typeof pem === 'string') && isKeyPair(server) && isKeyPair(admin)
  );
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
async function save(
  path: string,
  credentials: ServerCredentials,
  put: (draft: string, path: string) => Promise<void>,
): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(draft, JSON.stringify(credentials), { mode: 0o600 });
    await put(draft, path);
  } catch {
    // Another start was first, or a home that cannot be written: that costs the next start some time, and nothing else.
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}
