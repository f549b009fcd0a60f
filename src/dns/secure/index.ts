/** DNS inside of TLS and HTTPS. */
export { serveDnsOverHttps } from './serve-https.ts';
export { serveDnsOverTls, type SecureOptions } from './serve-tls.ts';
