import { X509Certificate } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadCredentials } from '../../src/cluster/credentials-file.ts';
import { createFolder, type Folder } from '../harness/instance.ts';

const NOW = Date.parse('2026-05-01T00:00:00Z');
const YEAR_MS = 365 * 86_400_000;

/** A home of its own for the credentials. */
function stateHome(): Folder {
  const folder = createFolder();
  const before = process.env['XDG_STATE_HOME'];
  process.env['XDG_STATE_HOME'] = folder.path;
  return {
    ...folder,
    [Symbol.dispose]: () => {
      if (before === undefined) delete process.env['XDG_STATE_HOME'];
      else process.env['XDG_STATE_HOME'] = before;
      folder[Symbol.dispose]();
    },
  };
}

function fileIn({ path }: Folder): string {
  return join(path, 'podlane/credentials.json');
}

t.test('loadCredentials() keeps what it made, for its owner alone', async (t) => {
  using home = stateHome();
  const first = await loadCredentials(NOW, ['10.96.0.1']);
  t.same(await loadCredentials(NOW, ['10.96.0.1']), first);
  t.equal(statSync(fileIn(home)).mode & 0o777, 0o600);
  t.same(readdirSync(join(home.path, 'podlane')), ['credentials.json'], 'no draft is left');
});

t.test('loadCredentials() keeps the authority for clusters of other ranges', async (t) => {
  using _home = stateHome();
  const first = await loadCredentials(NOW, ['10.96.0.1']);
  const second = await loadCredentials(NOW, ['10.97.0.1', 'fd00:10:97::1']);
  t.equal(second.ca, first.ca);
  t.same(second.admin, first.admin);
  t.equal(second.server.key, first.server.key, 'which tokens are signed with');
  const certificate = new X509Certificate(second.server.certificate);
  for (const address of ['127.0.0.1', '::1', '10.96.0.1', '10.97.0.1', 'fd00:10:97::1'])
    t.ok(certificate.checkIP(address), address);
  t.equal(certificate.checkIP('10.98.0.1'), undefined);
  t.ok(certificate.verify(new X509Certificate(first.ca).publicKey));
  t.same(await loadCredentials(NOW, ['10.96.0.1']), second, 'the first range is named still');
});

t.test('loadCredentials() gives starts at the same time one authority', async (t) => {
  using home = stateHome();
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, index) => loadCredentials(NOW, [`10.${index}.0.1`])),
  );
  t.equal(new Set(all.map(({ ca }) => ca)).size, 1);
  const kept = JSON.parse(readFileSync(fileIn(home), 'utf8')) as { readonly ca: string }; // just written
  t.equal(kept.ca, all[0]?.ca);
});

t.test('loadCredentials() gives starts one after the other one authority', async (t) => {
  using _home = stateHome();
  const starts: ReturnType<typeof loadCredentials>[] = [];
  for (let index = 0; index < 6; index += 1) {
    starts.push(loadCredentials(NOW, []));
    // The first are far ahead of the last, and not done.
    for (let turn = 0; turn < 3 * index; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(new Set((await Promise.all(starts)).map(({ ca }) => ca)).size, 1);
});

t.test('loadCredentials() makes new ones a month before they end', async (t) => {
  using _home = stateHome();
  const first = await loadCredentials(NOW, []);
  const second = await loadCredentials(NOW + YEAR_MS - 29 * 86_400_000, []);
  t.not(second.ca, first.ca);
});

for (const text of ['', '{', '{"ca":"x"}', 'null'])
  t.test(
    `loadCredentials() makes new ones where the file says ${JSON.stringify(text)}`,
    async (t) => {
      using home = stateHome();
      await loadCredentials(NOW, []);
      writeFileSync(fileIn(home), text);
      const made = await loadCredentials(NOW, []);
      t.same(await loadCredentials(NOW, []), made);
    },
  );

t.test('loadCredentials() does without a home that can be written', async (t) => {
  using home = stateHome();
  writeFileSync(join(home.path, 'podlane'), 'a file where the folder would be');
  t.match((await loadCredentials(NOW, ['10.96.0.1'])).ca, /BEGIN CERTIFICATE/);
});
