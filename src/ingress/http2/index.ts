/** HTTP/2 on both sides: requests of clients go to exchanges as any other, backends are translated to HTTP/1.1. */
export { createHttp2Acceptor, type Http2Acceptor } from './acceptor.ts';
export { isHttp2Preface } from './preface.ts';
export { UpstreamHttp2 } from './upstream-http2.ts';
