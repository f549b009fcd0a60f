import type { UpstreamTls } from '../../route-policy.ts';
import { isInteger, isPlain, isPlainOrSpaced, oneOf } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

/** TLS to the backend. */
export const proxySsl: AnnotationGroup = {
  name: 'ProxySSL',
  annotations: [
    {
      name: 'proxy-ssl-secret',
      risk: 'Medium',
      accepts: isPlain,
      effect: 'a Secret with the client certificate and the CA',
    },
    {
      name: 'proxy-ssl-verify',
      risk: 'Low',
      accepts: oneOf('on', 'off'),
      effect: "verifies the backend's certificate",
    },
    {
      name: 'proxy-ssl-name',
      risk: 'High',
      accepts: isPlain,
      effect: 'the name that is verified and sent',
    },
    {
      name: 'proxy-ssl-server-name',
      risk: 'Low',
      accepts: oneOf('on', 'off'),
      effect: 'sends the name (SNI)',
    },
    {
      name: 'proxy-ssl-verify-depth',
      risk: 'Low',
      accepts: isInteger,
      support: 'ignored',
      effect: 'chains are followed to their end',
    },
    {
      name: 'proxy-ssl-ciphers',
      risk: 'Medium',
      accepts: (value) => /^[A-Za-z0-9+:_\-!@= ]*$/.test(value),
      support: 'ignored',
      effect: 'the ciphers of Node are offered',
    },
    {
      name: 'proxy-ssl-protocols',
      risk: 'Low',
      accepts: isPlainOrSpaced,
      support: 'ignored',
      effect: 'TLS 1.2 and 1.3 are spoken',
    },
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  const isOn = (name: string): boolean => reader.text(name)?.trim().toLowerCase() === 'on';
  const reference = reader.text('proxy-ssl-secret');
  const secret = reference === undefined ? undefined : reader.secret('proxy-ssl-secret', reference);
  const serverName = reader.text('proxy-ssl-name');
  const { 'ca.crt': ca, 'tls.crt': certificate, 'tls.key': key } = secret ?? {};
  const upstreamTls: UpstreamTls = {
    isVerified: isOn('proxy-ssl-verify') && ca !== undefined,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined
      ? {}
      : { clientCertificate: { certificate, key } }),
    ...(serverName === undefined ? {} : { serverName }),
    isServerNameSent: isOn('proxy-ssl-server-name'),
  };
  return { policy: { upstreamTls } };
}
