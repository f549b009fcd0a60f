import type { HeaderEdits } from '../../route-policy.ts';
import { isPlain, isPlainOrSpaced, isVariables } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

/** Headers of the request to the backend and of the response. */
export const headers: AnnotationGroup = {
  name: 'Headers',
  annotations: [
    {
      name: 'upstream-vhost',
      risk: 'Low',
      accepts: (value) => isVariables(value) || isPlain(value),
      effect: 'Host to the backend',
    },
    {
      name: 'connection-proxy-header',
      risk: 'Low',
      accepts: isPlainOrSpaced,
      effect: 'Connection to the backend',
    },
    {
      name: 'custom-headers',
      risk: 'Medium',
      accepts: isPlain,
      effect: 'a ConfigMap of response headers; names must be in global-allowed-response-headers',
    },
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  const upstreamHost = reader.text('upstream-vhost');
  const connectionHeader = reader.text('connection-proxy-header');
  const responseHeaders = readCustomHeaders(reader);
  return {
    policy: {
      ...(upstreamHost === undefined ? {} : { upstreamHost }),
      ...(connectionHeader === undefined ? {} : { connectionHeader }),
      ...(responseHeaders === undefined ? {} : { responseHeaders }),
    },
  };
}

function readCustomHeaders(reader: AnnotationReader): HeaderEdits | undefined {
  const reference = reader.text('custom-headers');
  const values =
    reference === undefined ? undefined : reader.configMap('custom-headers', reference);
  if (values === undefined) return undefined;
  const allowed = reader.controller.allowedResponseHeaders.map((name) => name.toLowerCase());
  const refused = Object.keys(values).find((name) => !allowed.includes(name.toLowerCase()));
  if (refused === undefined) return { set: Object.entries(values) };
  reader.deny('custom-headers', `header ${refused} is not in global-allowed-response-headers`);
  return undefined;
}
