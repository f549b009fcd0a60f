/** Programs in Go that tests run against the API: built from `test/go`, or installed by whoever wants these tests. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT } from './instance.ts';

/** Where a program is, or why it is not there. */
export type Found =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'missing'; readonly reason: string };

/** A program on PATH or in `~/go/bin`. @param origin what installs it */
export function findProgram(name: string, origin: string): Found {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(homedir(), 'go/bin')];
  const path = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  return path === undefined
    ? { kind: 'missing', reason: `${name} is not installed (go install ${origin})` }
    : { kind: 'found', path };
}

/**
 * The program behind `test/go/NAME`, built where Go and its modules are.
 *
 * Compiling the client library takes minutes the first time; later runs find it in Go's cache. Where the cache has not
 * even the modules they are fetched only with `PODLANE_GO=1`: a test run downloads nothing unasked.
 */
export function buildGo(name: string): Found {
  const folder = join(tmpdir(), 'podlane-test-go');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  const isAsked = process.env['PODLANE_GO'] === '1';
  const env = { ...process.env, ...(!isAsked && { GOPROXY: 'off' }) };
  const args = ['build', '-buildvcs=false', '-o', path, '.'];
  const { status, stderr, error } = spawnSync('go', args, {
    cwd: join(ROOT, 'test/go', name),
    encoding: 'utf8',
    env,
  });
  if (error !== undefined)
    return { kind: 'missing', reason: `Go is not installed: ${error.message}` };
  if (status === 0) return { kind: 'found', path };
  if (/GOPROXY=off|toolchain not available|requires go/.test(stderr))
    return {
      kind: 'missing',
      reason: `what test/go/${name} needs is not here (PODLANE_GO=1 fetches it)`,
    };
  throw new Error(`test/go/${name} does not build:\n${stderr}`);
}
