import * as fc from 'fast-check';
import t from 'tap';
import {
  createBodyReader,
  parseRequestHead,
  parseResponseHead,
} from '../../../src/ingress/http1/index.ts';

/** Bytes that are nearly HTTP: pieces of it in any order. */
const nearly = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'GET ',
        'POST ',
        '/',
        '/a b',
        ' HTTP/1.1',
        ' HTTP/1.0',
        '\r\n',
        '\n',
        '\r',
        ': ',
        ':',
        ' ',
        '\t',
        '\0',
      ),
      fc.constantFrom(
        'Host: a',
        'Content-Length: 3',
        'Transfer-Encoding: chunked',
        'Connection: close',
        'HTTP/1.1 200 OK',
      ),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => Buffer.from(pieces.join(''), 'latin1'));

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 3000);

t.test('parseRequestHead() and parseResponseHead() take any bytes without a throw', async (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        nearly,
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      ),
      (bytes) => {
        for (const head of [parseRequestHead(bytes), parseResponseHead(bytes, 'GET')]) {
          if (head.kind === 'head' && head.sizeBytes > bytes.length) return false;
        }
        return true;
      },
    ),
    { numRuns: RUNS },
  );
  t.pass();
});

t.test('parseRequestHead() says the same of a head however it is cut', async (t) => {
  const whole = Buffer.from(
    'POST /a?b=1 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nX: y\r\n\r\n',
  );
  for (let length = 0; length < whole.length; length += 1) {
    t.equal(parseRequestHead(whole.subarray(0, length)).kind, 'incomplete', `${length} bytes`);
  }
  t.equal(parseRequestHead(whole).kind, 'head');
});

/** A chunked body, and the content in it. */
const chunkedBody = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 })
  .map((chunks) => ({
    content: Buffer.concat(chunks),
    bytes: Buffer.concat([
      ...chunks.flatMap((chunk) => [
        Buffer.from(`${chunk.length.toString(16)};x=1\r\n`),
        Buffer.from(chunk),
        Buffer.from('\r\n'),
      ]),
      Buffer.from('0\r\nX-Trailer: a\r\n\r\n'),
    ]),
  }));

t.test('ChunkedReader finds the end and the content however the bytes are cut', async (t) => {
  fc.assert(
    fc.property(
      chunkedBody,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      ({ bytes, content }, cuts) => {
        const reader = createBodyReader({ kind: 'chunked' });
        const pieces: Buffer[] = [];
        const all = Buffer.concat([bytes, Buffer.from('GET / HTTP/1.1\r\n')]);
        let at = 0;
        for (let turn = 0; !reader.isDone && at < all.length; turn += 1) {
          const taken = reader.read(
            all.subarray(at, at + (cuts[turn % cuts.length] ?? 1)),
            (piece) => pieces.push(Buffer.from(piece)),
          );
          if (typeof taken === 'string') return false;
          at += taken;
        }
        return reader.isDone && at === bytes.length && Buffer.concat(pieces).equals(content);
      },
    ),
    { numRuns: RUNS },
  );
  t.pass();
});

t.test('ChunkedReader takes any bytes without a throw', async (t) => {
  fc.assert(
    fc.property(nearly, (bytes) => {
      const taken = createBodyReader({ kind: 'chunked' }).read(bytes);
      return typeof taken === 'string' || taken <= bytes.length;
    }),
    { numRuns: RUNS },
  );
  t.pass();
});
