/** Answers on their way to clients that take nothing for a while. */
import { Duplex } from 'node:stream';
import type { ServerHttp2Stream } from 'node:http2';
import t from 'tap';
import { Http1ResponseBody } from '../../src/ingress/http1-response-body.ts';
import { parseResponseHead, type ResponseHead } from '../../src/ingress/http1/index.ts';
import { Http2ResponseBody } from '../../src/ingress/http2/http2-response-body.ts';
import type { ResponseBody } from '../../src/ingress/response-body.ts';

/** A client of either protocol that takes what waits for it when it is told to. */
class SlowClient extends Duplex {
  #taken: (() => void) | undefined;

  override _write(_chunk: unknown, _encoding: unknown, taken: () => void): void {
    this.#taken = taken;
  }

  override _read(): void {}

  respond(): void {}

  catchUp(): void {
    while (this.writableLength > 0) this.#taken?.();
  }
}

const BYTES = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
const FACTS = { isPersistent: true, isChunked: false, isOldClient: true, cookies: [] } as const;

const clients: readonly {
  readonly name: string;
  readonly body: (head: ResponseHead, client: SlowClient) => ResponseBody;
}[] = [
  { name: 'HTTP/1.0', body: (head, client) => new Http1ResponseBody(head, '1.0', client) },
  {
    name: 'HTTP/2',
    // What it calls is there.
    body: (head, client) => new Http2ResponseBody(head, client as unknown as ServerHttp2Stream),
  },
];
for (const { name, body: bodyFor } of clients) {
  t.test(`ResponseBody has room for what frames a body over ${name}`, async (t) => {
    const head = parseResponseHead(BYTES, 'GET');
    if (head.kind !== 'head') throw new Error(head.kind);
    const client = new SlowClient();
    const body = bodyFor(head, client);
    body.begin(head, FACTS, BYTES);
    const pieceBytes = 65_536;
    const pieces = 4;
    body.pass(Buffer.from(`${(pieces * pieceBytes).toString(16)}\r\n`));
    for (let index = 0; index < pieces; index += 1) body.pass(Buffer.alloc(pieceBytes, 'x'));
    t.equal(body.hasRoom, false, 'too much waits');
    client.catchUp();
    // Nothing is written of it: who waited for room now would wait for ever.
    t.equal(body.pass(Buffer.from('\r\n')), 2);
    t.equal(body.hasRoom, true);
    client.destroy();
  });
}
