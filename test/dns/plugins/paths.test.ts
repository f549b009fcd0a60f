/** Files of plugins start at the folder of the Corefile, or where `root` says. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { brief, loadDns, query } from '../corefile-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'podlane-paths-'));
t.teardown(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'elsewhere'));
for (const [at, address] of [
  ['.', '192.0.2.1'],
  ['elsewhere', '192.0.2.2'],
] as const) {
  const soa = '@ 60 IN SOA ns.a.test. host.a.test. 1 7200 3600 86400 60\n';
  writeFileSync(join(folder, at, 'db'), `${soa}www 60 IN A ${address}\n`);
  writeFileSync(join(folder, at, 'names'), `${address} www.a.test\n`);
}

const CASES = [
  { plugin: 'file db a.test', root: '', reply: 'NOERROR www.a.test. 60 A 192.0.2.1' },
  { plugin: 'file db a.test', root: 'elsewhere', reply: 'NOERROR www.a.test. 60 A 192.0.2.2' },
  { plugin: 'hosts names a.test', root: '', reply: 'NOERROR www.a.test. 3600 A 192.0.2.1' },
  { plugin: 'hosts names', root: 'elsewhere', reply: 'NOERROR www.a.test. 3600 A 192.0.2.2' },
] as const;
for (const { plugin, root, reply } of CASES) {
  t.test(`${plugin} is found with root "${root}"`, async (t) => {
    const lines = root === '' ? [plugin] : [`root ${join(folder, root)}`, plugin];
    const text = `. {\n${lines.join('\n')}\n}\n`;
    await using dns = await loadDns(text, { file: join(folder, 'Corefile') });
    t.equal(brief(await query(dns, 'www.a.test.')), reply);
  });
}

t.test('a zone file with service parameters in quotes is read', async (t) => {
  const soa = '@ 60 IN SOA ns.b.test. host.b.test. 1 7200 3600 86400 60\n';
  writeFileSync(join(folder, 'b'), `${soa}www 60 IN HTTPS 1 . alpn="h2,h3" port=8443\n`);
  await using dns = await loadDns('. {\nfile b b.test\n}\n', { file: join(folder, 'Corefile') });
  t.match(
    brief(await query(dns, 'www.b.test.', { type: 65 })),
    /^NOERROR www\.b\.test\. 60 HTTPS /,
  );
});
