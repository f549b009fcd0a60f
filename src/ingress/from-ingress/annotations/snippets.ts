import { isAnything } from './accepts.ts';
import type { Annotation, AnnotationGroup } from './annotation.ts';

const INSTEAD: Readonly<Record<string, string>> = {
  'configuration-snippet':
    'custom-headers, permanent-redirect or denylist-source-range say most of it',
  'server-snippet': 'server-alias, app-root or denylist-source-range say most of it',
  'auth-snippet': 'auth-proxy-set-headers says most of it',
  'stream-snippet': 'a Service of type LoadBalancer serves TCP and UDP',
  'modsecurity-snippet': 'there is no ModSecurity here',
};

/** Raw nginx configuration: refused, as ingress-nginx does unless told otherwise. */
export const snippets: AnnotationGroup = {
  name: 'Snippets',
  annotations: Object.entries(INSTEAD).map(([name, effect]): Annotation => ({
    name,
    risk: 'Critical',
    accepts: isAnything,
    support: 'refused',
    effect,
  })),
};
