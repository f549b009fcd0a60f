/** Connections that were once read otherwise than llhttp reads them, and how many messages of each are taken. */
export const CORPUS: readonly {
  readonly name: string;
  readonly kind: 'request' | 'response';
  readonly text: string;
  readonly taken: number;
}[] = [
  {
    name: 'a chunk extension without a name',
    kind: 'request',
    text: 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2;\r\nab\r\n0\r\n\r\n',
    taken: 0,
  },
  {
    name: 'a chunk extension whose value is missing',
    kind: 'request',
    text: 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2;a=\r\nab\r\n0\r\n\r\n',
    taken: 0,
  },
  {
    name: 'a chunk extension with an escaped quote',
    kind: 'request',
    text: 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2;a="\\"";b\r\nab\r\n0\r\n\r\n',
    taken: 1,
  },
  {
    name: 'a target that is not ASCII',
    kind: 'request',
    text: 'GET /\x80 HTTP/1.1\r\nHost: h\r\n\r\n',
    taken: 0,
  },
  {
    name: 'the method PRI',
    kind: 'request',
    text: 'PRI /a HTTP/1.1\r\nHost: h\r\n\r\n',
    taken: 0,
  },
  {
    name: 'an empty member in Transfer-Encoding',
    kind: 'request',
    text: 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n',
    taken: 0,
  },
  {
    name: 'an empty Transfer-Encoding beside another',
    kind: 'request',
    text: 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n',
    taken: 0,
  },
  {
    name: 'a tab behind Transfer-Encoding',
    kind: 'request',
    text: 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n',
    taken: 0,
  },
  {
    name: 'a tab behind Transfer-Encoding of a response',
    kind: 'response',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n',
    taken: 0,
  },
  {
    name: 'lengths in an interim response',
    kind: 'response',
    text: 'HTTP/1.1 100 \r\nContent-Length: 5\r\nContent-Length: 3\r\n\r\n',
    taken: 0,
  },
  {
    name: 'codings in a 304',
    kind: 'response',
    text: 'HTTP/1.1 304 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding:\r\n\r\n',
    taken: 0,
  },
  {
    name: 'the same length twice',
    kind: 'response',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc',
    taken: 0,
  },
  {
    name: 'an interim response that closes',
    kind: 'response',
    text: 'HTTP/1.1 100 \r\nConnection: close\r\n\r\nHTTP/1.1 204 \r\n\r\n',
    taken: 2,
  },
];
