import type { CorsPolicy } from '../../route-policy.ts';
import { isBoolean, isInteger } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

const METHODS = /^(?:[A-Za-z]+(?:,\s?|\s|$))+$/;
const HEADERS = /^[A-Za-z0-9\-_, ]*$/;
const EXPOSED = /^(?:[A-Za-z0-9\-_]+|[*, ])+$/;
const ORIGIN = /^(?:[a-z]+:\/\/(?:\*\.)?[A-Za-z\d\-.]*(?::\d+)?|null)$/;
/** What a list of origins is made of. */
const ORIGINS = /^(?:[a-z]+:\/\/|\*\.|:\d+|[A-Za-z\d\-.,])*$/;
const DEFAULT_METHODS = 'GET, PUT, POST, DELETE, PATCH, OPTIONS';
const DEFAULT_HEADERS =
  'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization';
const DEFAULT_MAX_AGE = 1_728_000;

/** Who may ask from other origins. */
export const cors: AnnotationGroup = {
  name: 'CorsConfig',
  annotations: [
    {
      name: 'enable-cors',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'CORS headers on every answer, 204 for OPTIONS',
    },
    {
      name: 'cors-allow-origin',
      risk: 'Medium',
      accepts: isOriginList,
      effect: 'which origins; a star stands for one label',
    },
    {
      name: 'cors-allow-methods',
      risk: 'Medium',
      accepts: (value) => METHODS.test(value),
      effect: 'Access-Control-Allow-Methods',
    },
    {
      name: 'cors-allow-headers',
      risk: 'Medium',
      accepts: (value) => HEADERS.test(value),
      effect: 'Access-Control-Allow-Headers',
    },
    {
      name: 'cors-allow-credentials',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'Access-Control-Allow-Credentials',
    },
    {
      name: 'cors-expose-headers',
      risk: 'Medium',
      accepts: (value) => EXPOSED.test(value),
      effect: 'Access-Control-Expose-Headers',
    },
    { name: 'cors-max-age', risk: 'Low', accepts: isInteger, effect: 'Access-Control-Max-Age' },
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  if (reader.flag('enable-cors') !== true) return {};
  const exposeHeaders = reader.text('cors-expose-headers');
  const policy: CorsPolicy = {
    allowOrigins: originsOf(reader),
    allowMethods: reader.text('cors-allow-methods') ?? DEFAULT_METHODS,
    allowHeaders: reader.text('cors-allow-headers') ?? DEFAULT_HEADERS,
    isCredentialsAllowed: reader.flag('cors-allow-credentials') ?? true,
    ...(exposeHeaders === undefined ? {} : { exposeHeaders }),
    maxAgeSeconds: reader.number('cors-max-age') ?? DEFAULT_MAX_AGE,
  };
  return { policy: { cors: policy } };
}

function isOriginList(value: string): boolean {
  const list = value.replaceAll(' ', '');
  return list.split(',').includes('*') || ORIGINS.test(list);
}

/** A star anywhere lets everybody in, and so does what is no list; what is no origin is left out. */
function originsOf(reader: AnnotationReader): readonly string[] {
  const text = reader.text('cors-allow-origin')?.trim() ?? '';
  if (text === '') return ['*'];
  const origins = text.split(',').map((origin) => origin.trim());
  if (origins.includes('*')) return ['*'];
  for (const origin of origins.filter((given) => !ORIGIN.test(given)))
    reader.notes.push({
      key: reader.keyOf('cors-allow-origin'),
      kind: 'invalid',
      message: `"${origin}" is no origin`,
    });
  return origins.filter((origin) => ORIGIN.test(origin));
}
