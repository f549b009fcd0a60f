/** The annotations of ingress-nginx: what each may say, and what it asks for. */
import type { Annotation, AnnotationGroup } from './annotation.ts';
import { access } from './access.ts';
import { aliases } from './aliases.ts';
import { authTls } from './auth-tls.ts';
import { backendProtocol } from './backend-protocol.ts';
import { balancing } from './balancing.ts';
import { basicAuth } from './basic-auth.ts';
import { canary } from './canary.ts';
import { cors } from './cors.ts';
import { errors } from './errors.ts';
import { externalAuth } from './external-auth.ts';
import { headers } from './headers.ts';
import { mirror } from './mirror.ts';
import { proxy } from './proxy.ts';
import { proxySsl } from './proxy-ssl.ts';
import { rateLimit } from './rate-limit.ts';
import { redirect } from './redirect.ts';
import { rewrite } from './rewrite.ts';
import { extensions, server } from './server.ts';
import { sessionAffinity } from './session-affinity.ts';
import { snippets } from './snippets.ts';

export type { Annotation, AnnotationGroup, Risk } from './annotation.ts';
export { RISKS } from './annotation.ts';
export { readBoolean } from './accepts.ts';
export { readCidrs } from './source-ranges.ts';
export { compileExternalAuth } from './external-auth.ts';
export { AnnotationReader, type AnnotationNote, type References } from './reader.ts';
export type { IngressSettings } from './settings.ts';

/** Every group; what a later one asks for wins over what an earlier one does. */
export const ANNOTATION_GROUPS: readonly AnnotationGroup[] = [
  rewrite,
  redirect,
  backendProtocol,
  proxy,
  rateLimit,
  access,
  basicAuth,
  externalAuth,
  cors,
  canary,
  sessionAffinity,
  balancing,
  headers,
  errors,
  aliases,
  mirror,
  proxySsl,
  authTls,
  server,
  extensions,
  snippets,
];

/** Every annotation by its name. */
export const ANNOTATIONS: ReadonlyMap<string, Annotation> = new Map(
  ANNOTATION_GROUPS.flatMap(({ annotations }) =>
    annotations.map((annotation) => [annotation.name, annotation]),
  ),
);
