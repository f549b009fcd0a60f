import { createHash } from 'node:crypto';
import t from 'tap';
import { checkDigest } from '../../src/ingress/digest-auth.ts';
import { curl, world } from './world.ts';

/** What curl sends for a digest, and what a route makes of it. */
const digests = [
  { name: 'the user and the password', credentials: 'me:secret', status: '200' },
  { name: 'another password', credentials: 'me:wrong', status: '401' },
  { name: 'another user', credentials: 'you:secret', status: '401' },
] as const;
for (const { name, credentials, status } of digests) {
  t.test(`serveIngress() answers ${status} to a digest of ${name}`, async (t) => {
    const hash = createHash('md5').update('me:shop:secret').digest('hex');
    const seen: (string | undefined)[] = [];
    await using w = await world({
      backend: (request, response) => {
        seen.push(request.headers.authorization);
        response.end();
      },
      policy: { basicAuth: { scheme: 'digest', realm: 'shop', users: new Map([['me', hash]]) } },
    });
    const url = `http://127.0.0.1:${w.port}/a?b=c`;
    const told = await curl(
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '--digest',
      '-u',
      credentials,
      url,
    );
    t.equal(told, status);
    t.same(seen, status === '200' ? [undefined] : [], 'the credentials stay here');
  });
}

t.test('checkDigest() takes a nonce for a while, and only its own', async (t) => {
  const auth = { scheme: 'digest', realm: 'r', users: new Map([['u', 'h'.repeat(32)]]) } as const;
  const facts = { method: 'GET', target: '/', now: 1_000_000, key: 'k' };
  const asked = checkDigest(auth, undefined, facts);
  const nonce = asked.kind === 'user' ? '' : (/nonce="([^"]+)"/.exec(asked.challenge)?.[1] ?? '');
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const answer = (own: string): string =>
    `Digest username="u", realm="r", nonce="${own}", uri="/", response=${md5(`${'h'.repeat(32)}:${own}:${md5('GET:/')}`)}`;
  const later = { ...facts, now: facts.now + 60_000 };
  t.same(checkDigest(auth, answer(nonce), later), { kind: 'user', user: 'u' });
  const tooLate = { ...facts, now: facts.now + 80_000 };
  t.match(checkDigest(auth, answer(nonce), tooLate), { challenge: /stale="true"/ });
  t.match(checkDigest(auth, answer('made up'), later), { challenge: /^(?!.*stale)/ });
  t.match(checkDigest(auth, answer(nonce), { ...later, target: '/x' }), { kind: 'challenge' });
  t.match(checkDigest(auth, answer(nonce), { ...later, method: 'PUT' }), { kind: 'challenge' });
});
