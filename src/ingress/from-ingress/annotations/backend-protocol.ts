import type { UpstreamProtocol } from '../../route-policy.ts';
import { isPlain, oneOf } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

const PROTOCOLS = ['HTTP', 'HTTPS', 'AUTO_HTTP', 'GRPC', 'GRPCS', 'FCGI'] as const;

/** What is spoken with the backend. */
export const backendProtocol: AnnotationGroup = {
  name: 'BackendProtocol',
  annotations: [
    {
      name: 'backend-protocol',
      risk: 'Low',
      accepts: oneOf(...PROTOCOLS.map((protocol) => protocol.toLowerCase())),
      effect: 'what is spoken with the backend: HTTP, HTTPS, AUTO_HTTP, GRPC, GRPCS',
    },
    {
      name: 'fastcgi-index',
      risk: 'Medium',
      accepts: isPlain,
      support: 'ignored',
      effect: 'FastCGI is not spoken here',
    },
    {
      name: 'fastcgi-params-configmap',
      risk: 'Medium',
      accepts: isPlain,
      support: 'ignored',
      effect: 'FastCGI is not spoken here',
    },
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  const value = reader.text('backend-protocol')?.trim().toUpperCase();
  const upstreamProtocol = PROTOCOLS.find(
    (protocol): protocol is UpstreamProtocol => protocol === value,
  );
  return upstreamProtocol === undefined ? {} : { policy: { upstreamProtocol } };
}
