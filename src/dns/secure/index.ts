/** DNS inside of TLS, HTTPS and gRPC. */
export { serveDnsOverGrpc } from './serve-grpc.ts';
export { serveDnsOverHttps } from './serve-https.ts';
export { serveDnsOverTls, type SecureOptions } from './serve-tls.ts';
