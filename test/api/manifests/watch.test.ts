import { chmod, mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { loadManifests, type LoadedManifests } from '../../../src/api/manifests/load.ts';
import { watchManifests } from '../../../src/api/manifests/watch.ts';

const config = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

interface Watching extends AsyncDisposable {
  /** What the next change brings: names, or messages of problems. */
  next(): Promise<readonly string[]>;
}

async function watching(...paths: string[]): Promise<Watching> {
  const seen: LoadedManifests[] = [];
  let wake: (() => void) | undefined;
  const watcher = watchManifests(paths, await loadManifests(paths), {
    quietMs: 5,
    onChange: (loaded) => {
      seen.push(loaded);
      wake?.();
    },
    onError: (error) => {
      throw error;
    },
  });
  return {
    next: async () => {
      while (seen.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      const loaded = seen.shift();
      if (loaded === undefined) return [];
      return loaded.hasErrors
        ? loaded.problems.map(({ message }) => message)
        : loaded.documents.map(({ object }) => object.metadata.name);
    },
    [Symbol.asyncDispose]: async () => watcher[Symbol.dispose](),
  };
}

t.test('watchManifests() tells of saved, new, renamed and removed files', async (t) => {
  const dir = t.testdir({ 'a.yaml': config('a') });
  await using watch = await watching(dir);
  await writeFile(join(dir, 'a.yaml'), config('b'));
  t.strictSame(await watch.next(), ['b']);
  await writeFile(join(dir, 'c.yaml'), config('c'));
  t.strictSame(await watch.next(), ['b', 'c']);
  await writeFile(join(dir, '.c.yaml.swp'), config('d'));
  await rename(join(dir, '.c.yaml.swp'), join(dir, 'c.yaml'));
  t.strictSame(await watch.next(), ['b', 'd'], 'as editors save');
  await rm(join(dir, 'a.yaml'));
  t.strictSame(await watch.next(), ['d']);
});

t.test('watchManifests() tells of a single file, through renames and removal', async (t) => {
  const dir = t.testdir({ 'a.yaml': config('a') });
  const file = join(dir, 'a.yaml');
  await using watch = await watching(file);
  await writeFile(join(dir, 'other.yaml'), config('x'));
  await writeFile(join(dir, 'tmp'), config('b'));
  await rename(join(dir, 'tmp'), file);
  t.strictSame(await watch.next(), ['b']);
  await rm(file);
  t.strictSame(await watch.next(), ['no such file or folder']);
  await writeFile(file, config('c'));
  t.strictSame(await watch.next(), ['c']);
});

t.test('watchManifests() follows folders that come, go and come back', async (t) => {
  const dir = t.testdir({ m: { 'a.yaml': config('a') } });
  const folder = join(dir, 'm');
  await using watch = await watching(folder);
  await mkdir(join(folder, 'sub'));
  await writeFile(join(folder, 'sub', 'b.yaml'), config('b'));
  t.strictSame(await watch.next(), ['a', 'b']);
  await writeFile(join(folder, 'sub', 'b.yaml'), config('c'));
  t.strictSame(await watch.next(), ['a', 'c']);
  await rename(folder, join(dir, 'away'));
  t.strictSame(await watch.next(), ['no such file or folder']);
  await mkdir(join(dir, 'new'));
  await writeFile(join(dir, 'new', 'd.yaml'), config('d'));
  await rename(join(dir, 'new'), folder);
  t.strictSame(await watch.next(), ['d']);
  await writeFile(join(folder, 'd.yaml'), config('e'));
  t.strictSame(await watch.next(), ['e']);
});

t.test('watchManifests() tells of broken files and of their repair', async (t) => {
  const dir = t.testdir({ 'a.yaml': config('a') });
  await using watch = await watching(dir);
  await writeFile(join(dir, 'a.yaml'), 'kind: [\n');
  t.match(await watch.next(), [/flow/i]);
  await writeFile(join(dir, 'a.yaml'), config('b'));
  t.strictSame(await watch.next(), ['b']);
});

t.test('watchManifests() says nothing of files that are no manifests', async (t) => {
  const dir = t.testdir({ 'a.yaml': config('a') });
  await using watch = await watching(dir);
  await writeFile(join(dir, 'b.txt'), 'not a manifest');
  await chmod(join(dir, 'a.yaml'), 0o600);
  await writeFile(join(dir, 'c.yaml'), config('c'));
  t.strictSame(await watch.next(), ['a', 'c'], 'the first that is told is the first that differs');
});

t.test('watchManifests() tells of a file that is saved as it is', async (t) => {
  const dir = t.testdir({ 'a.yaml': config('a') });
  await using watch = await watching(dir);
  await utimes(join(dir, 'a.yaml'), new Date(), new Date(Date.now() + 5000));
  t.strictSame(await watch.next(), ['a']);
});
