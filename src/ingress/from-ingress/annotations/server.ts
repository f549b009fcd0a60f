import { isBoolean, isPlainList } from './accepts.ts';
import type { Annotation, AnnotationGroup } from './annotation.ts';

const EFFECTS: Readonly<Record<string, string>> = {
  'enable-rewrite-log': 'podlane explain tells what was rewritten',
  'http2-push-preload': 'browsers no longer take pushed resources',
};

const CIPHERS = /^[A-Za-z0-9+:_\-!@=]*$/;

/** What concerns a host as a whole. */
export const server: AnnotationGroup = {
  name: 'Server',
  annotations: [
    {
      name: 'ssl-passthrough',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'passes TLS on to the Service, with the flag --enable-ssl-passthrough',
    },
    {
      name: 'ssl-ciphers',
      risk: 'Low',
      accepts: (value) => CIPHERS.test(value),
      support: 'ignored',
      effect: 'the ciphers of Node are offered',
    },
    {
      name: 'ssl-prefer-server-ciphers',
      risk: 'Low',
      accepts: isBoolean,
      support: 'ignored',
      effect: 'the ciphers of Node are offered',
    },
    {
      name: 'enable-access-log',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'false: no line in the access log',
    },
    ...['enable-rewrite-log', 'http2-push-preload'].map(ignored),
  ],
  read: (reader) => ({
    isPassthrough:
      (reader.flag('ssl-passthrough') ?? false) && reader.controller.isPassthroughEnabled,
    ...(reader.flag('enable-access-log') === false ? { policy: { isAccessLogged: false } } : {}),
  }),
};

/** Telemetry and the web application firewall: accepted, and nothing is done. */
export const extensions: AnnotationGroup = {
  name: 'Extensions',
  annotations: [
    ...['enable-opentelemetry', 'opentelemetry-trust-incoming-span'].map(ignored),
    { ...ignored('opentelemetry-operation-name'), risk: 'Medium', accepts: isPlainList },
    ...['enable-modsecurity', 'enable-owasp-core-rules'].map(ignored),
    {
      ...ignored('modsecurity-transaction-id'),
      risk: 'High',
      accepts: (value) => /^[A-Za-z0-9\-_$.{}]*$/.test(value),
    },
  ],
};

function ignored(name: string): Annotation {
  return {
    name,
    risk: 'Low',
    accepts: isBoolean,
    support: 'ignored',
    effect: EFFECTS[name] ?? 'there is no such module here',
  };
}
