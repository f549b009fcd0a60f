/** HTTP/2 on both sides, translated to and from HTTP/1.1 messages, so that one exchange serves all. */
export { UpstreamHttp2 } from './upstream-http2.ts';
