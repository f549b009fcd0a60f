import type { CookieAffinity } from '../../route-policy.ts';
import { isBoolean, isInteger, isPlain, isRegexText, oneOf } from './accepts.ts';
import type { Annotation, AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

const cookie: readonly Annotation[] = [
  { name: 'session-cookie-name', risk: 'Medium', accepts: isPlain, effect: 'its name' },
  { name: 'session-cookie-path', risk: 'Medium', accepts: isRegexText, effect: 'its Path' },
  { name: 'session-cookie-domain', risk: 'Medium', accepts: isPlain, effect: 'its Domain' },
  {
    name: 'session-cookie-expires',
    risk: 'Medium',
    accepts: isInteger,
    effect: 'seconds until its Expires',
  },
  { name: 'session-cookie-max-age', risk: 'Medium', accepts: isInteger, effect: 'its Max-Age' },
  {
    name: 'session-cookie-samesite',
    risk: 'Low',
    accepts: oneOf('none', 'lax', 'strict'),
    effect: 'its SameSite',
  },
  {
    name: 'session-cookie-conditional-samesite-none',
    risk: 'Low',
    accepts: isBoolean,
    effect: 'leaves SameSite=None out for user agents that mistake it',
  },
  {
    name: 'session-cookie-secure',
    risk: 'Low',
    accepts: isBoolean,
    effect: 'Secure on http too',
  },
  {
    name: 'session-cookie-change-on-failure',
    risk: 'Low',
    accepts: isBoolean,
    effect: 'a new cookie when the endpoint fails',
  },
];

/** One client, one endpoint: by a cookie. */
export const sessionAffinity: AnnotationGroup = {
  name: 'SessionAffinity',
  annotations: [
    {
      name: 'affinity',
      risk: 'Low',
      accepts: oneOf('cookie'),
      effect: 'cookie: the same endpoint for as long as the client keeps it',
    },
    {
      name: 'affinity-mode',
      risk: 'Medium',
      accepts: oneOf('balanced', 'persistent'),
      effect: 'persistent: sessions stay when endpoints are added',
    },
    {
      name: 'affinity-canary-behavior',
      risk: 'Low',
      accepts: oneOf('sticky', 'legacy'),
      effect: 'on the canary; legacy: sessions of the main Ingress are none of the canary',
    },
    ...cookie,
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  const isCanaryApart = reader.text('affinity-canary-behavior')?.trim() === 'legacy';
  if (reader.text('affinity')?.trim().toLowerCase() !== 'cookie') return { isCanaryApart };
  const path = reader.text('session-cookie-path');
  const affinity: CookieAffinity = {
    name: reader.text('session-cookie-name') ?? 'INGRESSCOOKIE',
    path: path ?? '/',
    ...attributesOf(reader),
    mode: reader.text('affinity-mode')?.trim() === 'persistent' ? 'persistent' : 'balanced',
    isChangedOnFailure: reader.flag('session-cookie-change-on-failure') ?? false,
  };
  return { policy: { affinity }, isCookiePathOfLocation: path === undefined, isCanaryApart };
}

const SAME_SITE = { none: 'None', lax: 'Lax', strict: 'Strict' } as const;

function attributesOf(reader: AnnotationReader): Partial<CookieAffinity> {
  const domain = reader.text('session-cookie-domain');
  const expiresSeconds = reader.number('session-cookie-expires');
  const maxAgeSeconds = reader.number('session-cookie-max-age');
  const site = reader.text('session-cookie-samesite')?.trim().toLowerCase();
  const sameSite =
    site === 'none' || site === 'lax' || site === 'strict' ? SAME_SITE[site] : undefined;
  return {
    ...(domain === undefined ? {} : { domain }),
    ...(expiresSeconds === undefined ? {} : { expiresSeconds }),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
    ...(sameSite === undefined ? {} : { sameSite }),
    ...(reader.flag('session-cookie-conditional-samesite-none') === true
      ? { isSameSiteNoneConditional: true }
      : {}),
    ...(reader.flag('session-cookie-secure') === true ? { isSecure: true } : {}),
  };
}
