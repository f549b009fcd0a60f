/** HTTP/2 on both sides, translated to and from HTTP/1.1 messages, so that one exchange serves all. */
export { createHttp2Acceptor, type Http2Acceptor } from './acceptor.ts';
export { isHttp2Preface } from './preface.ts';
export { UpstreamHttp2 } from './upstream-http2.ts';
