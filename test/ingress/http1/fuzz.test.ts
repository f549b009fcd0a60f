import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
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

/** What Node's own parser (llhttp, strict) makes of bytes: the request line and body size, or a refusal. */
async function asNodeReads(port: number, bytes: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.end(bytes);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  return text;
}

t.test('what llhttp refuses is refused, and what both take is read alike', async (t) => {
  const server = createServer((request, response) => {
    let size = 0;
    request.on('data', (chunk: Buffer) => (size += chunk.length));
    request.on('end', () =>
      response.end(`seen ${request.method} ${request.url} ${request.headers.host} ${size}.`),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const field = fc.constantFrom(
    'Content-Length: 3',
    'Content-Length: 03',
    'Content-Length: 3, 3',
    'Content-Length: -3',
    'Content-Length:3',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding:chunked',
    'Transfer-Encoding: gzip',
    'transfer-encoding : chunked',
    'X: a\tb',
    'X: \0',
    'X:',
    ' X: y',
    'Host: b',
    'X y: z',
    'Connection: close',
  );
  // Left out: methods that llhttp does not know and minor versions above 1, which RFC 9110 lets pass.
  const request = fc.tuple(
    fc.constantFrom(
      'POST /a HTTP/1.1',
      'GET /a?b HTTP/1.1',
      'GET  /a HTTP/1.1',
      'POST /a',
      'GET /a\tb HTTP/1.1',
    ),
    fc.array(field, { maxLength: 3 }),
    fc.constantFrom('\r\n', '\r\n', '\r\n', '\n'),
  );
  t.teardown(() => server.close());
  await fc.assert(
    fc.asyncProperty(request, async ([line, fields, end]) => {
      const head = [line, 'Host: a', ...fields].join(end) + end + end;
      // No byte follows the message: what Node made of it as a second request would hide what it made of the first.
      const chunked = fields.some((text) => /^transfer-encoding/i.test(text));
      const body = fields.some((text) => text.startsWith('Content-Length')) ? 'abc' : '';
      const bytes = Buffer.from(head + (chunked ? '3\r\nabc\r\n0\r\n\r\n' : body), 'latin1');
      const theirs = await asNodeReads(port, bytes);
      const ours = parseRequestHead(bytes);
      if (ours.kind !== 'head') return true; // stricter is right
      const seen = /seen (\S+) (\S+) (\S+) (\d+)\./.exec(theirs);
      if (seen === null) return false;
      const size =
        ours.framing.kind === 'length'
          ? ours.framing.sizeBytes
          : ours.framing.kind === 'chunked'
            ? 3
            : 0;
      return (
        seen[1] === ours.method &&
        seen[2] === ours.target &&
        seen[3] === ours.host &&
        Number(seen[4]) === size
      );
    }),
    { numRuns: Math.min(RUNS, 400) },
  );
  t.pass();
});
