/** Upstreams over HTTPS: this server's own, and one that is none. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createSelfSigned } from '../../../../src/ingress/self-signed.ts';
import { brief, loadDns, query, WEB } from '../../corefile-world.ts';

const { certificate, key } = await createSelfSigned();
const folder = mkdtempSync(join(tmpdir(), 'podlane-doh-'));
t.teardown(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'cert.pem'), certificate);
writeFileSync(join(folder, 'key.pem'), key);

const file = join(folder, 'Corefile');
const upstream = await loadDns(
  '. {\nerrors\n}\nhttps://. {\ntls cert.pem key.pem\nkubernetes cluster.local {\nttl 30\n}\n}\n',
  { file },
);
await upstream.start();
t.teardown(() => upstream[Symbol.asyncDispose]());
const port = upstream.listeners[0]?.port ?? 0;

/** The reply to a query that is forwarded, and what was printed. */
async function forwarded(
  to: string,
  options: string,
  name = WEB,
): Promise<{ readonly reply: string; readonly printed: string }> {
  const lines: string[] = [];
  await using dns = await loadDns(`. {\nerrors\nforward . ${to} {\n${options}\n}\n}\n`, {
    file,
    print: (line) => void lines.push(line),
  });
  const replies = [brief(await query(dns, name)), brief(await query(dns, name))];
  t.equal(replies[0], replies[1], 'again over the session that is open');
  return { reply: replies[0] ?? '', printed: lines.join('\n') };
}

const TRUSTED = `tls ${join(folder, 'cert.pem')}\nmax_connect_attempts 1`;
const CASES = [
  { name: 'POST', options: 'tls_servername localhost' },
  { name: 'GET', options: 'tls_servername localhost\ndoh_method GET' },
] as const;
for (const { name, options } of CASES) {
  t.test(`forward asks over HTTPS with ${name}`, async (t) => {
    const { reply } = await forwarded(`https://127.0.0.1:${port}`, `${TRUSTED}\n${options}`);
    t.equal(reply, `NOERROR ${WEB} 30 A 10.96.0.7`);
    const { reply: denial } = await forwarded(
      `https://127.0.0.1%localhost:${port}`,
      TRUSTED,
      'no.cluster.local.',
    );
    t.equal(denial, 'NXDOMAIN');
  });
}

t.test('forward believes no certificate of somebody else', async (t) => {
  const { reply, printed } = await forwarded(`https://127.0.0.1:${port}`, 'max_connect_attempts 1');
  t.equal(reply, 'SERVFAIL');
  t.match(printed, /upstream 127\.0\.0\.1:\d+: .*certificate/);
});

t.test('forward takes no answer that is none', async (t) => {
  const server = createSecureServer({ cert: certificate, key });
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 503 });
    stream.end('busy');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  const { port: busy } = server.address() as { port: number }; // it listens on TCP
  const options = `${TRUSTED}\ntls_servername localhost`;
  const { reply, printed } = await forwarded(`https://127.0.0.1:${busy}`, options);
  t.equal(reply, 'SERVFAIL');
  t.match(printed, /HTTP status 503/);
  for (const session of sessions) session.destroy();
  server.close();
});

t.test('forward refuses another method', async (t) => {
  await t.rejects(loadDns('. {\nforward . https://127.0.0.1 {\ndoh_method PUT\n}\n}\n'), {
    message: /unknown doh_method: PUT/,
  });
});
